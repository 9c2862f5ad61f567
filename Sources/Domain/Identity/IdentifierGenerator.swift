/// Makes version 7 identifiers that rise strictly, however many fall into one millisecond and even
/// if the clock steps back.
///
/// RFC 9562, section 6.2, method 1: a counter of 12 bits behind the time, begun at random in its
/// lower half for each millisecond; when it overflows, the time runs one millisecond ahead.
public struct IdentifierGenerator<Random: RandomNumberGenerator> {
  private var random: Random
  private var milliseconds = Int64.min
  private var counter: UInt16 = 0

  /// Takes the source of the random bits.
  public init(random: Random) {
    self.random = random
  }

  /// An identifier above all earlier ones of this generator.
  public mutating func next(at time: Instant) -> Identifier {
    if time.milliseconds > milliseconds {
      milliseconds = time.milliseconds
      counter = UInt16(truncatingIfNeeded: random.next() & 0x7FF)
    } else if counter == 0xFFF {
      milliseconds += 1
      counter = 0
    } else {
      counter += 1
    }
    return Identifier(
      at: Instant(milliseconds: milliseconds), counter: counter, random: random.next())
  }
}

extension IdentifierGenerator: Sendable where Random: Sendable {}
