import { type ArchiveLocation, type Chunk, segmentKey } from './archive-index.ts';

/**
 * Appends compressed chunks to the segments of an archive. The object store cannot append, so a segment is written
 * again as a whole for each chunk. The next segment begins when the current one has reached its size.
 */
export class SegmentWriter {
  readonly #location: ArchiveLocation;
  readonly #writer: string;
  readonly #segmentBytes: number;
  #number = 0;
  #chunks: Buffer[] = [];
  #length = 0;

  /**
   * @param writer name of the archive's writer. Names of segments begin with that name, so two writers never write the
   * same segment
   * @param segmentBytes compressed size from which a segment gets no more chunks, in bytes
   */
  constructor(location: ArchiveLocation, writer: string, segmentBytes: number) {
    this.#location = location;
    this.#writer = writer;
    this.#segmentBytes = segmentBytes;
  }

  /**
   * Stores a chunk and returns its position in a segment. The call may be repeated after a failure.
   * @throws ApiError 503 `log_unavailable`
   */
  async append(chunk: Buffer): Promise<Pick<Chunk, 'segment' | 'offset' | 'length'>> {
    if (this.#length >= this.#segmentBytes) this.#beginNext();
    const segment = `${this.#writer}-${this.#number}`;
    const chunks = [...this.#chunks, chunk];
    await this.#location.store.put(segmentKey(this.#location, segment), Buffer.concat(chunks));
    const offset = this.#length;
    this.#chunks = chunks;
    this.#length += chunk.length;
    return { segment, offset, length: chunk.length };
  }

  #beginNext(): void {
    this.#number += 1;
    this.#chunks = [];
    this.#length = 0;
  }
}
