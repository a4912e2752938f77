import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const buildpack = join(import.meta.dirname, '../../buildpacks/apt');

/** A Debian package: fields of its control file besides the usual ones, files with their content, maintainer scripts. */
export type DebianPackage = { fields?: string; files?: Record<string, string>; scripts?: Record<string, string> };

const writeFileAt = (path: string, content: string): void => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content, { mode: 0o755 });
};

/** Result of the buildpack's bin/build. `output` is what it printed. */
export type AptRun = { status: number | null; output: string };

/** A package source on this machine, and an application that is built with this source only. */
export class AptRepository {
  readonly #folder = mkdtempSync(join(tmpdir(), 'apt-repository-'));
  readonly #entries = new Map<string, string>();
  /** Folder of the layer that the buildpack makes. */
  readonly layer = join(this.#folder, 'layers/fagiani_apt/apt');

  constructor() {
    this.useSource(join(this.#folder, 'packages'));
  }

  /** Makes a folder the only package source. */
  useSource(folder: string): void {
    writeFileAt(join(this.#folder, 'etc/sources.list'), `deb [trusted=yes] copy:${folder} ./\n`);
  }

  /** Adds a package, or replaces the package with the same name. */
  add(name: string, version: string, { fields = '', files = {}, scripts = {} }: DebianPackage = {}): void {
    const source = join(this.#folder, 'sources', name);
    rmSync(source, { recursive: true, force: true });
    const control = `Package: ${name}\nVersion: ${version}\nArchitecture: all\nMaintainer: Tests <tests@example.org>\nDescription: A test\n${fields}`;
    writeFileAt(join(source, 'DEBIAN/control'), control);
    for (const [script, text] of Object.entries(scripts)) writeFileAt(join(source, 'DEBIAN', script), text);
    for (const [path, content] of Object.entries(files)) writeFileAt(join(source, path), content);
    const packages = join(this.#folder, 'packages');
    mkdirSync(packages, { recursive: true });
    const file = join(packages, `${name}.deb`);
    execFileSync('dpkg-deb', ['--root-owner-group', '--build', source, file]);
    const content = readFileSync(file);
    const sum = createHash('sha256').update(content).digest('hex');
    this.#entries.set(name, `${control}Filename: ./${name}.deb\nSize: ${content.length}\nSHA256: ${sum}\n`);
    const index = [...this.#entries.values()].join('\n');
    writeFileSync(join(packages, 'Packages'), index);
    const indexSum = createHash('sha256').update(index).digest('hex');
    const release = `Date: Sat, 01 Jan 2022 00:00:00 UTC\nSHA256:\n ${indexSum} ${Buffer.byteLength(index)} Packages\n`;
    writeFileSync(join(packages, 'Release'), release);
  }

  /** Runs the buildpack for an application with an Aptfile, in the environment that the lifecycle gives a buildpack. */
  build(aptfile: string | Buffer): AptRun {
    const app = join(this.#folder, 'app');
    mkdirSync(app, { recursive: true });
    mkdirSync(dirname(this.layer), { recursive: true });
    writeFileSync(join(app, 'Aptfile'), aptfile);
    const configuration = join(this.#folder, 'apt.conf');
    writeFileSync(configuration, `Dir::Etc "${join(this.#folder, 'etc')}";\n`);
    const env = {
      PATH: process.env.PATH,
      APT_CONFIG: configuration,
      CNB_BUILDPACK_DIR: buildpack,
      CNB_LAYERS_DIR: dirname(this.layer),
      TMPDIR: this.#folder,
    };
    const { status, stdout, stderr } = spawnSync(join(buildpack, 'bin/build'), { cwd: app, env, encoding: 'utf8' });
    return { status, output: stdout + stderr };
  }

  /** Returns the content of a file in the layer, or undefined where the file is missing. */
  read(path: string): string | undefined {
    const file = join(this.layer, path);
    return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true });
  }
}
