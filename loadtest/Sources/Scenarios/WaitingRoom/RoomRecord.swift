/// What a run's visitors were told, and what of it must not be. Pure: moments are given, in
/// nanoseconds of the monotonic clock.
struct RoomRecord: Sendable {
  /// How far a node's word may be behind, and the second within which the order is free.
  static let orderTolerance: UInt64 = 2_000_000_000

  let capacity: Int
  let admissionsPerSecond: Int
  private(set) var breaches = Breaches()
  private(set) var inside = 0
  private(set) var mostInside = 0
  private(set) var admitted = 0
  private(set) var firstJoin: UInt64?
  private(set) var windows = AdmissionWindows()
  private var numbers: Set<Int> = []
  /// The highest number known to be admitted, and since when; both rise.
  private var highest: [(at: UInt64, number: Int)] = []

  init(capacity: Int, admissionsPerSecond: Int) {
    self.capacity = capacity
    self.admissionsPerSecond = admissionsPerSecond
  }

  mutating func note(_ breach: String) { breaches.add(breach) }

  /// A visitor sent its first request.
  mutating func began(at now: UInt64) { firstJoin = min(firstJoin ?? now, now) }

  /// A new ticket was given.
  mutating func gave(_ number: Int) {
    guard numbers.insert(number).inserted else {
      return note("number \(number) was given to two visitors")
    }
  }

  /// A visitor was told again where it stands.
  mutating func moved(_ number: Int, from old: Int?, to new: Int?) {
    guard let old, let new, new > old else { return }
    note("number \(number) went back from position \(old) to \(new)")
  }

  /// A visitor heard that it is inside. The server has counted it before.
  ///
  /// - Parameters:
  ///   - joined: when it first asked for its ticket.
  ///   - waited: when it sent the last request whose answer said that it waits; 0 for none.
  mutating func entered(_ number: Int, at now: UInt64, joined: UInt64, waited: UInt64) {
    windows.add(from: max(joined, waited - min(waited, Self.orderTolerance)), to: now)
    inside += 1
    mostInside = max(mostInside, inside)
    if inside > capacity { note("\(inside) visitors inside of \(capacity)") }
    admitted += 1
    if let firstJoin {
      let seconds = Double(now - firstJoin) / 1e9
      let most = Double(admissionsPerSecond) * (seconds + 1)
      if Double(admitted) > most {
        note("\(admitted) admissions in \(seconds) s at \(admissionsPerSecond)/s")
      }
    }
    if number > highest.last?.number ?? 0 { highest.append((now, number)) }
  }

  /// Looks at every window of time, once all have come: was there any with too many admissions?
  mutating func judgeRate() {
    guard let worst = windows.worst(perSecond: admissionsPerSecond) else { return }
    note(
      "\(worst.admissions) admissions in \(TextFormat.fixed(worst.seconds, 2)) s at "
        + "\(admissionsPerSecond)/s, \(worst.allowed) at most")
  }

  /// What ``judgeRate()`` looks at, in words.
  var rateCheck: String {
    "every window of time that holds, of \(TextFormat.grouped(windows.count)) admissions, both the last poll that "
      + "waited and the answer that let in"
  }

  /// A visitor is about to say that it is done, or its admission is over. The server counts it longer.
  mutating func departed() { inside -= 1 }

  /// A visitor still waits, as an answer to a request that was sent at `asked` says.
  mutating func waits(_ number: Int, asked: UInt64) {
    guard asked > Self.orderTolerance else { return }
    let limit = asked - Self.orderTolerance
    // The last one that was known by then.
    var (low, high) = (0, highest.count)
    while low < high {
      let middle = (low + high) / 2
      if highest[middle].at <= limit { low = middle + 1 } else { high = middle }
    }
    guard low > 0, highest[low - 1].number > number else { return }
    note("number \(highest[low - 1].number) was admitted while number \(number) waits")
  }
}
