internal import EventLoop

/// Random numbers that follow from a seed alone (SplitMix64, Steele, Lea and Flood 2014).
struct SeededNumbers: RandomNumberGenerator, Sendable {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  /// The numbers of one part of many, such as a round: apart from those of all others of the seed, which
  /// seeds that differ by the step below would not be.
  init(seed: UInt64, part: Int) {
    var parts = SeededNumbers(seed: UInt64(bitPattern: Int64(part)))
    state = seed ^ parts.next()
  }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  /// A moment or length of time between two others, in whole milliseconds.
  mutating func duration(in range: ClosedRange<Duration>) -> Duration {
    let low = Int64(range.lowerBound.milliseconds)
    return .milliseconds(Int64.random(in: low...Int64(range.upperBound.milliseconds), using: &self))
  }

  mutating func chance(_ probability: Double) -> Bool {
    Double.random(in: 0..<1, using: &self) < probability
  }
}
