internal import Domain
internal import EventLoop
internal import Ledger
internal import Postgres

/// Looks in the ledger for what changed in catalogues. Loop-confined.
final class CatalogWatch {
  /// How often it looks: so long a change may stay unseen.
  static let interval = Duration.milliseconds(200)
  /// Changes that one look reads.
  static let changesPerLook = 1_000

  /// Told of what changed.
  var onChange: ((CatalogStore.Change) -> Void)?
  /// Told when changes may have been missed.
  var onGap: (() -> Void)?

  private let store: CatalogStore
  private let loop: EventLoop
  private var next: Int?
  private var timer: EventLoopTimer?
  private var isLooking = false

  init(pool: PostgresPool, loop: EventLoop) {
    store = CatalogStore(pool: pool)
    self.loop = loop
  }

  func start() {
    timer = EventLoopTimer(loop: loop) { [weak self] in self?.look() }
    timer?.start(after: Self.interval, every: Self.interval)
    look()
  }

  func stop() {
    timer?.cancel()
    timer = nil
  }

  private func look() {
    guard !isLooking else { return }
    isLooking = true
    loop.spawn { [self] in
      if let seen = try? await store.changes(since: next, limit: Self.changesPerLook) { take(seen) }
      isLooking = false
    }
  }

  private func take(_ seen: CatalogStore.Changes) {
    // A ledger whose transactions begin anew is another one, or an older copy.
    let isOther = next.map { seen.next < $0 } ?? true
    next = seen.next
    if isOther || seen.isOverfull {
      onGap?()
    } else {
      for change in seen.changes { onChange?(change) }
    }
  }
}
