/// Which user each request of one worker belongs to: every user once, and between them some users
/// again, evenly spread.
struct ClaimPlan: Sendable, Equatable {
  /// Users of this worker, numbered from 0.
  let users: Int
  /// Requests of users who have claimed before.
  let repeats: Int

  var requests: Int { users + repeats }

  init(users: Int, repeats: Int) {
    precondition(users > 0 && repeats >= 0)
    self.users = users
    self.repeats = repeats
  }

  /// The user of request `number`.
  func user(of number: Int) -> Int {
    let repeatsBefore = repeats(before: number)
    let begun = number - repeatsBefore
    if repeats(before: number + 1) == repeatsBefore { return begun }
    // Someone who has sent already, whether the answer is there or not.
    return Int(Self.mix(UInt64(number)) % UInt64(begun))
  }

  /// No repeat comes first: its user must have sent before.
  private func repeats(before number: Int) -> Int {
    number == 0 ? 0 : (number - 1) * repeats / (requests - 1 == 0 ? 1 : requests - 1)
  }

  /// The finalizer of SplitMix64 (Steele, Lea, Flood, 2014).
  private static func mix(_ value: UInt64) -> UInt64 {
    var z = value &+ 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
