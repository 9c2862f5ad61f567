/// What one visitor means to do; follows from a seed and the visitor's index alone.
struct VisitorPlan: Sendable, Equatable {
  /// How visitors behave: how many of them do what, from 0 to 1, and for how long.
  struct Behaviour: Sendable {
    var leave: Double
    var lapse: Double
    var stay: Double
    var reload: Double
    /// The longest that a visitor is inside, in milliseconds; the shortest is an eighth of it.
    var inside: Int
    /// The longest that a visitor waits before it loses patience, in milliseconds.
    var patience: Int
  }

  enum Patience: Sendable, Equatable {
    /// Waits for its turn, however long that takes.
    case endless
    /// Gives its place up after so many milliseconds of waiting.
    case leaves(after: Int)
    /// Stops asking after so many milliseconds, and comes back or not.
    case fallsSilent(after: Int, comesBack: Bool)
  }

  var patience: Patience
  /// Milliseconds that it is inside before it says that it is done; nil where it never says so.
  var inside: Int?
  /// The share of polls in place of which it loads its page anew.
  var reload: Double

  init(visitor: Int, behaviour: Behaviour, seed: UInt64) {
    var numbers = SeededNumbers(seed: seed, part: visitor)
    let choice = Double.random(in: 0..<1, using: &numbers)
    let moment = Int.random(in: 0...behaviour.patience, using: &numbers)
    if choice < behaviour.leave {
      patience = .leaves(after: moment)
    } else if choice < behaviour.leave + behaviour.lapse {
      patience = .fallsSilent(after: moment, comesBack: numbers.chance(0.5))
    } else {
      patience = .endless
    }
    inside =
      numbers.chance(behaviour.stay)
      ? nil : Int.random(in: behaviour.inside / 8...behaviour.inside, using: &numbers)
    reload = behaviour.reload
  }
}
