import { createCipheriv } from "node:crypto";

/**
 * FF1 step by step as NIST SP 800-38G has it (algorithms 7 and 8), with whole numbers throughout; slow, and for comparing with alone.
 * Names of variables are the standard's.
 */
export function ff1Reference(
  radix: number,
  key: Uint8Array,
  tweak: Uint8Array,
  digits: readonly number[],
  direction: "encrypt" | "decrypt",
): number[] {
  const n = digits.length;
  const t = tweak.length;
  const u = Math.floor(n / 2);
  const v = n - u;
  let [a, b] = [digits.slice(0, u), digits.slice(u)];
  // ceil(v · log2 radix) bits hold the largest number of v digits.
  const bytes = Math.ceil((BigInt(radix) ** BigInt(v) - 1n).toString(2).length / 8);
  const d = 4 * Math.ceil(bytes / 4) + 4;
  const p = Buffer.from([1, 2, 1, 0, 0, radix, 10, u % 256, 0, 0, 0, 0, 0, 0, 0, 0]);
  p.writeUInt32BE(n, 8);
  p.writeUInt32BE(t, 12);
  const keystream = (round: number, half: readonly number[]): bigint => {
    const zeros = Buffer.alloc((((-t - bytes - 1) % 16) + 16) % 16);
    const q = Buffer.concat([tweak, zeros, Buffer.of(round), bytesOf(numberOf(radix, half), bytes)]);
    const r = blockChain(key, Buffer.concat([p, q]));
    const blocks = [r];
    for (let j = 1; j < Math.ceil(d / 16); j++) blocks.push(block(key, xor(r, bytesOf(BigInt(j), 16))));
    return BigInt(`0x${Buffer.concat(blocks).subarray(0, d).toString("hex")}`);
  };
  for (let step = 0; step < 10; step++) {
    const i = direction === "encrypt" ? step : 9 - step;
    const m = i % 2 === 0 ? u : v;
    const modulus = BigInt(radix) ** BigInt(m);
    if (direction === "encrypt") {
      const c = (numberOf(radix, a) + keystream(i, b)) % modulus;
      [a, b] = [b, digitsOf(radix, c, m)];
    } else {
      const c = (((numberOf(radix, b) - keystream(i, a)) % modulus) + modulus) % modulus;
      [a, b] = [digitsOf(radix, c, m), a];
    }
  }
  return [...a, ...b];
}

function numberOf(radix: number, digits: readonly number[]): bigint {
  return digits.reduce((value, digit) => value * BigInt(radix) + BigInt(digit), 0n);
}

function digitsOf(radix: number, value: bigint, length: number): number[] {
  const digits: number[] = [];
  for (let rest = value; digits.length < length; rest /= BigInt(radix)) digits.unshift(Number(rest % BigInt(radix)));
  return digits;
}

function bytesOf(value: bigint, length: number): Buffer {
  return Buffer.from(value.toString(16).padStart(length * 2, "0"), "hex");
}

function xor(one: Uint8Array, two: Uint8Array): Buffer {
  return Buffer.from(one.map((byte, at) => byte ^ two[at]!));
}

function block(key: Uint8Array, input: Uint8Array): Buffer {
  return createCipheriv(`aes-${key.length * 8}-ecb`, key, null)
    .setAutoPadding(false)
    .update(input);
}

/** PRF: the last block of CBC-MAC without an initial value (algorithm 6). */
function blockChain(key: Uint8Array, input: Buffer): Buffer {
  let y: Buffer = Buffer.alloc(16);
  for (let at = 0; at < input.length; at += 16) y = block(key, xor(y, input.subarray(at, at + 16)));
  return y;
}
