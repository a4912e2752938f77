/**
 * The polynomial of CRC-32 over GF(2), in reflected form: the highest bit is the coefficient of x^0.
 * @see https://www.rfc-editor.org/rfc/rfc1952#section-8
 */
const modulus = 0xedb88320;
const one = 0x80000000;

/** Multiplies two polynomials over GF(2), modulo the polynomial of CRC-32. */
const multiply = (a: number, b: number): number => {
  let product = 0;
  let shifted = b;
  for (let bit = one; bit !== 0; bit >>>= 1) {
    if (a & bit) product ^= shifted;
    shifted = shifted & 1 ? (shifted >>> 1) ^ modulus : shifted >>> 1;
  }
  return product >>> 0;
};

/**
 * The polynomials x^8, x^16, x^32 and so on, modulo the polynomial of CRC-32. Multiplying a CRC-32 by the polynomial at
 * index n shifts the checksum by 2^n bytes.
 */
const shifts: number[] = [one >>> 8];
for (let at = 1; at < 53; at += 1) shifts.push(multiply(shifts[at - 1] ?? 0, shifts[at - 1] ?? 0));

/**
 * Returns the CRC-32 of two joined byte sequences from the CRC-32 of each.
 * @param size length of the second sequence, in bytes
 */
export const combineCrc = (first: number, second: number, size: number): number => {
  let crc = first;
  for (let left = size, at = 0; left > 0; left = Math.floor(left / 2), at += 1)
    if (left % 2 === 1) crc = multiply(crc, shifts[at] ?? 0);
  return (crc ^ second) >>> 0;
};
