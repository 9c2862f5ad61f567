import TestSupport

/// Makes new inputs out of known ones: bytes turned, taken out, put in and said twice, numbers pushed to
/// their limits, words of the surface's language put in, and two inputs joined.
struct Mutator {
  private let words: [[UInt8]]
  private let maximumCount: Int

  /// Numbers at which counters and checks of range break.
  private static let numbers = [
    "0", "-0", "-1", "1", "00", "+1", "127", "255", "256", "65535", "65536", "2147483647",
    "2147483648", "4294967295", "9007199254740993", "9223372036854775807", "-9223372036854775808",
    "9223372036854775808", "18446744073709551616", "1e999", "-1e-999", "0.1", "1E+2",
    "999999999999999999999999999999",
  ].map { Array($0.utf8) }

  /// Bytes that mean something in most grammars, and text that is none or unusual.
  private static let pieces: [[UInt8]] = [
    [0x00], [0x0A], [0x0D], [0x0D, 0x0A], [0x09], [0x20], [0x22], [0x5C], [0x25], [0x7F], [0x80],
    [0xFF], [0xC3, 0xA9], [0xC3], [0xED, 0xA0, 0x80], [0xF0, 0x9F, 0x91, 0xA9], [0xE2, 0x80, 0x8D],
    [0xCC, 0x81], [0xEF, 0xBB, 0xBF], [0xC0, 0x80], [0xF4, 0x90, 0x80, 0x80],
  ]

  init(words: [String], maximumCount: Int) {
    self.words = words.map { Array($0.utf8) } + Self.numbers + Self.pieces
    self.maximumCount = maximumCount
  }

  /// One to eight changes of a member of `pool`, one at least.
  func input(from pool: [[UInt8]], _ random: inout SeededGenerator) -> [UInt8] {
    var bytes = pool.isEmpty ? [] : pool[Int(random.next() % UInt64(pool.count))]
    // Few changes most of the time: an input with many is refused for the first.
    let changes = 1 + Int(random.next() & 7) * Int(random.next() & 1)
    for _ in 0..<changes { change(&bytes, pool, &random) }
    if bytes.count > maximumCount { bytes.removeLast(bytes.count - maximumCount) }
    return bytes
  }

  private func change(
    _ bytes: inout [UInt8], _ pool: [[UInt8]], _ random: inout SeededGenerator
  ) {
    let position = Self.below(bytes.count + 1, &random)
    switch random.next() % 12 {
    case 0, 1:
      if position < bytes.count { bytes[position] = UInt8(truncatingIfNeeded: random.next()) }
    case 2: if position < bytes.count { bytes[position] ^= 1 << UInt8(random.next() & 7) }
    case 3: bytes.removeSubrange(position..<end(position, bytes.count, &random))
    case 4: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: position)
    case 5: repeatPart(&bytes, position, &random)
    case 6, 7, 8: bytes.insert(contentsOf: word(&random), at: position)
    case 9:
      bytes.replaceSubrange(position..<end(position, bytes.count, &random), with: word(&random))
    case 10: replaceNumber(&bytes, position, &random)
    default: join(&bytes, position, pool, &random)
    }
  }

  private func word(_ random: inout SeededGenerator) -> [UInt8] {
    words[Self.below(words.count, &random)]
  }

  private func end(_ start: Int, _ count: Int, _ random: inout SeededGenerator) -> Int {
    min(count, start + 1 + Self.below(random.next() & 7 == 0 ? 256 : 8, &random))
  }

  /// Says a part again, now and then so often that limits of depth and of number are met.
  private func repeatPart(_ bytes: inout [UInt8], _ position: Int, _ random: inout SeededGenerator)
  {
    let part = Array(bytes[position..<end(position, bytes.count, &random)])
    guard !part.isEmpty else { return }
    let times = random.next() & 7 == 0 ? min(200, maximumCount / part.count) : 1
    for _ in 0..<times { bytes.insert(contentsOf: part, at: position) }
  }

  private func replaceNumber(
    _ bytes: inout [UInt8], _ position: Int, _ random: inout SeededGenerator
  ) {
    guard let start = bytes[position...].firstIndex(where: Self.isDigit) else { return }
    let end = bytes[start...].firstIndex { !Self.isDigit($0) } ?? bytes.count
    bytes.replaceSubrange(start..<end, with: Self.numbers[Self.below(Self.numbers.count, &random)])
  }

  private func join(
    _ bytes: inout [UInt8], _ position: Int, _ pool: [[UInt8]], _ random: inout SeededGenerator
  ) {
    guard !pool.isEmpty else { return }
    let other = pool[Self.below(pool.count, &random)]
    let start = Self.below(other.count + 1, &random)
    bytes.replaceSubrange(position..., with: other[start...])
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  private static func below(_ bound: Int, _ random: inout SeededGenerator) -> Int {
    Int(random.next() % UInt64(bound))
  }
}
