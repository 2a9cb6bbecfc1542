let last = 0n

/** Mint a UUIDv7: later ids sort after earlier ones, also within one millisecond of this tab. */
export function uuid7(now: number = Date.now()): string {
  const random = crypto.getRandomValues(new Uint8Array(10))
  // 48 bits of milliseconds and 12 bits that count within one, so that two quick sends keep their order.
  const tick = BigInt(now) << 12n
  last = tick > last ? tick : last + 1n
  const time = last.toString(16).padStart(15, '0')
  const tail = Array.from(random.subarray(2), (byte) => byte.toString(16).padStart(2, '0')).join('')
  const variant = (0x8 | ((random[0] ?? 0) & 0x3)).toString(16)
  return `${time.slice(0, 8)}-${time.slice(8, 12)}-7${time.slice(12)}-${variant}${tail.slice(0, 3)}-${tail.slice(3, 15)}`
}
