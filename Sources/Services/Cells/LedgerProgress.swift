internal import Domain
internal import EventLoop
public import HotPath
internal import Postgres

/// How far a cell's facts have come into the ledger, and who waits for it. Loop-confined.
///
/// The reconciler tells each advance on the cell's channel; a signal may be lost, so while somebody
/// waits the ledger is also asked.
public final class LedgerProgress {
  /// How often the ledger is asked while somebody waits.
  static let askInterval = Duration.milliseconds(100)

  /// How long one waits; whoever asked was answered by the request's own deadline before that.
  static let patience: UInt64 = 10_000
  /// Who may wait at once.
  static let maximumWaiters = 65_536

  private struct Waiter {
    let position: StreamPosition
    let until: UInt64
    let resume: () -> Void
  }

  private let ask: () async -> StreamPosition?
  private let loop: EventLoop
  private(set) var position = StreamPosition.zero
  private var waiters: [Waiter] = []
  private var timer: EventLoopTimer?
  private var isAsking = false

  /// - Parameter ask: reads the cell's cursor from the ledger; `nil` when it cannot be read.
  init(loop: EventLoop, ask: @escaping () async -> StreamPosition?) {
    self.loop = loop
    self.ask = ask
  }

  /// Runs `body` once the entry at `wanted` is in the ledger: now, or later, or never when the
  /// ledger does not get there in time.
  ///
  /// - Returns: false when too many wait already; `body` is then not kept.
  public func whenReached(_ wanted: StreamPosition, _ body: @escaping () -> Void) -> Bool {
    if wanted <= position {
      body()
      return true
    }
    guard waiters.count < Self.maximumWaiters else { return false }
    waiters.append(
      Waiter(position: wanted, until: loop.milliseconds + Self.patience, resume: body))
    if timer == nil { timer = EventLoopTimer(loop: loop) { [weak self] in self?.askLedger() } }
    if waiters.count == 1 { timer?.start(after: Self.askInterval, every: Self.askInterval) }
    return true
  }

  /// Takes word that all entries up to `reached` are in the ledger.
  func reached(_ reached: StreamPosition) {
    guard reached > position else { return }
    position = reached
    guard !waiters.isEmpty else { return }
    let done = waiters.filter { $0.position <= reached }
    waiters.removeAll { $0.position <= reached }
    if waiters.isEmpty { timer?.stop() }
    for waiter in done { waiter.resume() }
  }

  private func askLedger() {
    let now = loop.milliseconds
    waiters.removeAll { $0.until <= now }
    if waiters.isEmpty { timer?.stop() }
    guard !isAsking, !waiters.isEmpty else { return }
    isAsking = true
    loop.spawn { [self] in
      if let cursor = await ask() { reached(cursor) }
      isAsking = false
    }
  }
}
