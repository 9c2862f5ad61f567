/// One visitor of a run.
struct Visitor {
  /// What it does next.
  enum Step: UInt8 {
    /// Joins, for the first time or anew.
    case join
    case poll
    /// Loads its page anew: joins with the cookie that it has.
    case reload
    case leave
    /// Says that it is done inside.
    case depart
    /// Is inside until its admission is over, and asks nothing.
    case outlast
    /// Asks about an admission that is over.
    case lookBack
    /// Asks about a ticket of which it did not think for long.
    case comeBack
    case none
  }

  let plan: VisitorPlan
  var step = Step.join
  var cookie: [UInt8] = []
  var ticket: [UInt8] = []
  var number = 0
  var position: Int?
  /// When it was first told that it waits.
  var joinedAt: UInt64 = 0
  /// When it first asked for its ticket; 0 before.
  var askedAt: UInt64 = 0
  /// When it sent the last request whose answer said that it waits; 0 for none.
  var waitedAt: UInt64 = 0
  /// When it sent the last request that was answered.
  var seenAt: UInt64 = 0
  /// When it was told to wait after having been away for the grace; 0 otherwise.
  var doubtfulSince: UInt64 = 0
  /// Whether the last answer said that it is inside.
  var isInside = false
  /// Whether it has been silent already.
  var wasSilent = false
  /// How often it has tried in vain, one try after the other.
  var failures = 0

  init(plan: VisitorPlan) { self.plan = plan }

  var isDone: Bool { step == .none }
}
