internal import Domain
internal import EventLoop
public import HotPath
internal import Postgres

/// How far a cell's facts have come into the ledger, and who waits for it. Loop-confined.
///
/// The reconciler tells each advance on the cell's channel; a signal may be lost, so while somebody
/// waits the ledger is also asked.
///
/// A position counts within its epoch only. When Redis lost facts and the cell was opened anew, later
/// facts come to stand above the lost ones; the cursor that passes those says nothing about these.
public final class LedgerProgress {
  /// How often the ledger is asked while somebody waits.
  static let askInterval = Duration.milliseconds(100)

  /// How long one waits; whoever asked was answered by the request's own deadline before that.
  static let patience: UInt64 = 10_000
  /// Who may wait at once.
  static let maximumWaiters = 65_536

  /// The ledger's cursor and the epoch in which it stands there.
  struct Point: Equatable {
    let epoch: Int
    let position: StreamPosition
  }

  private struct Waiter {
    let point: Point
    let until: UInt64
    let resume: () -> Void
  }

  /// The epoch under which the cell is open for this loop; `nil` while it is closed.
  var openEpoch: () -> Int? = { nil }

  private let ask: () async -> Point?
  private let loop: EventLoop
  private(set) var reached = Point(epoch: 0, position: .zero)
  private var waiters: [Waiter] = []
  private var timer: EventLoopTimer?
  private var isAsking = false

  /// - Parameter ask: reads the cell's cursor from the ledger; `nil` when it cannot be read.
  init(loop: EventLoop, ask: @escaping () async -> Point?) {
    self.loop = loop
    self.ask = ask
  }

  /// How many wait.
  var waiting: Int { waiters.count }

  /// Runs `body` once the entry at `wanted`, which was written under the lease that the loop holds, is
  /// in the ledger: now, or later, or never when the ledger does not get there in time or the cell
  /// was opened anew before it did.
  ///
  /// - Returns: false when too many wait already or the cell is closed; `body` is then not kept.
  public func whenReached(_ wanted: StreamPosition, _ body: @escaping () -> Void) -> Bool {
    guard let epoch = openEpoch() else { return false }
    let point = Point(epoch: epoch, position: wanted)
    if Self.covers(reached, point) {
      body()
      return true
    }
    guard waiters.count < Self.maximumWaiters, epoch >= reached.epoch else { return false }
    waiters.append(Waiter(point: point, until: loop.milliseconds + Self.patience, resume: body))
    if timer == nil { timer = EventLoopTimer(loop: loop) { [weak self] in self?.askLedger() } }
    if waiters.count == 1 { timer?.start(after: Self.askInterval, every: Self.askInterval) }
    return true
  }

  /// Takes word of where the ledger's cursor stands.
  func reached(_ point: Point) {
    let isNewer =
      point.epoch > reached.epoch
      || (point.epoch == reached.epoch && point.position > reached.position)
    guard isNewer else { return }
    reached = point
    guard !waiters.isEmpty else { return }
    let done = waiters.filter { Self.covers(point, $0.point) }
    // Who waits in an earlier epoch is not told: what it waits for may be lost.
    waiters.removeAll { $0.point.epoch < point.epoch || Self.covers(point, $0.point) }
    if waiters.isEmpty { timer?.stop() }
    for waiter in done { waiter.resume() }
  }

  private static func covers(_ reached: Point, _ wanted: Point) -> Bool {
    reached.epoch == wanted.epoch && wanted.position <= reached.position
  }

  private func askLedger() {
    let now = loop.milliseconds
    waiters.removeAll { $0.until <= now }
    if waiters.isEmpty { timer?.stop() }
    guard !isAsking, !waiters.isEmpty else { return }
    isAsking = true
    loop.spawn { [self] in
      if let point = await ask() { reached(point) }
      isAsking = false
    }
  }
}
