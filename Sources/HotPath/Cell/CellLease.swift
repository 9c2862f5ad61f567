internal import Domain
internal import EventLoop
public import Redis

/// Whether one loop may use a cell: the lease it holds, or that it holds none. Loop-confined.
///
/// The lease in Redis names the epoch that the ledger vouched for, the `run_id` of the server that was
/// vouched for, and the form of what the cell keeps. It counts only on a connection to that very server, so a
/// restart, a failover or a wipe closes the cell here by itself; and only where the form is this version's, so
/// that none takes contents for something else.
public final class CellLease {
  /// How often a closed cell is looked at again.
  public static let retryInterval = Duration.milliseconds(50)
  /// Looks at a server that is away until those who wait for the first one take the cell for closed.
  private static let patience = 5

  public let keys: CellKeys
  /// The lease to show to scripts; `nil` while the cell is closed.
  public private(set) var value: [UInt8]?
  /// Told whenever the lease is lost or another one is found.
  public var onChange: (() -> Void)?

  /// The epoch of the lease; `nil` while the cell is closed.
  public var epoch: Int? { value.flatMap(Self.epoch(of:)) }

  /// The cell's epoch as the ledger told it last: leases of earlier ones are void.
  private var ledgerEpoch = 0

  private let client: RedisClient
  private let loop: EventLoop
  private var isReading = false
  private var retry: EventLoopTimer?
  private var isEnded = false
  private var hasRead = false
  private var vainLooks = 0
  private var firstReaders: [() -> Void] = []

  public init(keys: CellKeys, client: RedisClient) {
    self.keys = keys
    self.client = client
    loop = client.loop
  }

  public var isOpen: Bool { value != nil }

  /// Begins to watch. Call ``end()`` before letting go.
  public func start() { read() }

  public func end() {
    isEnded = true
    retry?.cancel()
    retry = nil
    value = nil
    tellFirstReaders()
  }

  /// Takes a change of the client's connection.
  public func connectionChanged() {
    lose()
    read()
  }

  /// Takes the ledger's word on the cell's epoch. A server that was cut off while its replica took its
  /// place goes on showing the lease that it had; the ledger has vouched for another one since.
  public func ledgerTold(epoch: Int) {
    ledgerEpoch = epoch
    guard let shown = self.epoch, shown < epoch else { return }
    lose()
    read()
  }

  /// The lease of an epoch on a server, nil for none: `epoch:run_id:form`.
  public static func text(epoch: Int, runID: String?) -> String {
    "\(epoch)\(suffix(runID ?? ""))"
  }

  /// Whether a lease is of the server, and of what this version keeps in a cell.
  public static func isLease(_ lease: some Sequence<UInt8>, of runID: String) -> Bool {
    Array(lease).ends(with: Array(suffix(runID).utf8))
  }

  private static func suffix(_ runID: String) -> String { ":\(runID):\(CellKeys.form)" }

  private static func epoch(of lease: [UInt8]) -> Int? {
    Int(String(decoding: lease.prefix { $0 != UInt8(ascii: ":") }, as: UTF8.self))
  }

  /// Takes a script's word that the lease is not the cell's.
  public func refused(_ shown: [UInt8]) {
    if value == shown { lose() }
    read()
  }

  /// Looks at Redis now: a signal said that the cell was opened.
  public func read() {
    guard !isEnded, !isReading else { return scheduleRead() }
    guard client.state == .ready else { return lookedInVain() }
    isReading = true
    client.call(
      write: { [keys] writer in
        writer.command(argumentCount: 2)
        writer.argument("GET" as StaticString)
        writer.argument(keys.lease)
      },
      completion: { [weak self] reply in self?.took(reply) })
  }

  /// Returns once Redis was asked for the first time: before that, nothing is known. Where the server is
  /// away, the cell counts as closed soon, as one that lost its server does.
  public func whenRead() async {
    if hasRead || isEnded { return }
    await withCheckedContinuation { continuation in
      firstReaders.append { continuation.resume() }
    }
  }

  private func lookedInVain() {
    vainLooks += 1
    if vainLooks == Self.patience {
      hasRead = true
      tellFirstReaders()
    }
    scheduleRead()
  }

  private func tellFirstReaders() {
    let readers = firstReaders
    firstReaders = []
    for reader in readers { reader() }
  }

  private func took(_ reply: RedisReply) {
    isReading = false
    hasRead = true
    defer { tellFirstReaders() }
    guard !isEnded else { return }
    let bytes = Array(reply.bytes)
    guard reply.kind == .string, let runID = client.runID,
      Self.isLease(bytes, of: runID), let epoch = Self.epoch(of: bytes),
      epoch >= ledgerEpoch
    else {
      lose()
      scheduleRead()
      return
    }
    if value != bytes {
      value = bytes
      onChange?()
    }
  }

  private func lose() {
    guard value != nil else { return }
    value = nil
    onChange?()
  }

  private func scheduleRead() {
    guard !isEnded else { return }
    if retry == nil { retry = EventLoopTimer(loop: loop) { [weak self] in self?.read() } }
    retry?.start(after: Self.retryInterval)
  }
}

extension [UInt8] {
  fileprivate func ends(with suffix: [UInt8]) -> Bool {
    count >= suffix.count && self[(count - suffix.count)...].elementsEqual(suffix)
  }
}
