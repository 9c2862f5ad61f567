/// The draw of a pre-queue: an order that follows from a seed and a number of visitors alone, so that
/// anybody can check it. `docs/waiting-room.md` says it in words.
///
/// - Numbers: block *k* of the stream, for *k* = 0, 1, …, is SHA-256 of the seed's 32 bytes followed
///   by *k* as eight big-endian bytes; it gives four words of eight big-endian bytes.
/// - Bound: a word *w* gives a number below *n* as *w* mod *n*; a word at or above the greatest
///   multiple of *n* that 64 bits hold is passed over, so that no number is likelier than another.
/// - Order: Fisher and Yates as Durstenfeld has it ("Algorithm 235: Random permutation", CACM 7/7,
///   1964): the visitors stand in the order of arrival, 0 first; for *i* from the last place down to
///   1 the visitor at *i* changes places with the one at a number below *i* + 1.
public struct Shuffle: Sendable {
  private let seed: ShuffleSeed
  private var counter: UInt64 = 0
  private var words: [UInt64] = []

  private init(seed: ShuffleSeed) { self.seed = seed }

  /// The order of `count` visitors.
  ///
  /// - Parameter count: up to 2³² − 1.
  /// - Returns: at each place, first to be admitted first, the visitor's index in order of arrival.
  public static func order(of count: Int, seed: ShuffleSeed) -> [UInt32] {
    var shuffle = Shuffle(seed: seed)
    var order = (0..<UInt32(count)).map { $0 }
    for place in stride(from: count - 1, to: 0, by: -1) {
      order.swapAt(place, Int(shuffle.number(below: UInt64(place + 1))))
    }
    return order
  }

  /// The same the other way round: for each visitor in order of arrival, the place, 0 for the first.
  public static func places(of count: Int, seed: ShuffleSeed) -> [UInt32] {
    var places = [UInt32](repeating: 0, count: count)
    for (place, visitor) in order(of: count, seed: seed).enumerated() {
      places[Int(visitor)] = UInt32(place)
    }
    return places
  }

  private mutating func number(below bound: UInt64) -> UInt64 {
    // 2^64 mod bound: how many words at the top belong to no whole multiple.
    let excess = (UInt64.max % bound + 1) % bound
    while true {
      let word = nextWord()
      if word <= UInt64.max - excess { return word % bound }
    }
  }

  private mutating func nextWord() -> UInt64 {
    if words.isEmpty {
      let digest = SHA256.digest(seed.bytes + Self.bytes(of: counter))
      counter += 1
      // Taken from the end.
      words = (0..<4).reversed().map { part in
        digest[(8 * part)..<(8 * part + 8)].reduce(0) { $0 << 8 | UInt64($1) }
      }
    }
    return words.removeLast()
  }

  private static func bytes(of number: UInt64) -> [UInt8] {
    stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: number >> UInt64($0)) }
  }
}
