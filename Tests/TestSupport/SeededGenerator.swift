internal import Foundation

/// Random numbers that a seed determines (SplitMix64, Steele, Lea and Flood 2014).
///
/// The seed is printed, and `SPILLWAY_TEST_SEED` sets it, so that a failure can be repeated.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
  /// What the numbers follow from.
  public let seed: UInt64
  private var state: UInt64

  /// - Parameter label: names the test in the printed line.
  public init(_ label: String = #function, seed: UInt64? = nil) {
    let given = ProcessInfo.processInfo.environment["SPILLWAY_TEST_SEED"].flatMap { UInt64($0) }
    self.seed = seed ?? given ?? UInt64.random(in: 0...UInt64.max)
    state = self.seed
    if seed == nil { print("\(label): SPILLWAY_TEST_SEED=\(self.seed)") }
  }

  public mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
