public import Domain
internal import EventLoop
internal import Glibc
internal import Ledger
internal import Postgres
internal import Telemetry

/// Finds the tenant of a request by its `Host`, from memory. Loop-confined.
///
/// The whole list is read again at intervals, and soon after a host that nobody knows; an unknown
/// host costs no query of its own.
public final class TenantDirectory {
  /// How often the list is read again.
  public static let refreshInterval = Duration.seconds(5)
  /// How soon an unknown host has it read again.
  public static let unknownHostInterval: UInt64 = 250
  /// Spellings of hosts that are remembered.
  public static let maximumSpellings = 4096

  private let store: TenantStore
  private let loop: EventLoop
  private let logger: Logger
  private var tenants: [String: Tenant] = [:]
  /// By the raw bytes of the header, as clients spell them.
  private var spellings: [[UInt8]: Tenant] = [:]
  private var lastSpelling: [UInt8] = []
  private var lastTenant: Tenant?
  private var readAt: UInt64 = 0
  private var isReading = false
  private var timer: EventLoopTimer?
  /// True once the list was read.
  public private(set) var isLoaded = false

  init(pool: PostgresPool, loop: EventLoop, logger: Logger) {
    store = TenantStore(pool: pool)
    self.loop = loop
    self.logger = logger
  }

  func start() {
    timer = EventLoopTimer(loop: loop) { [weak self] in self?.refresh() }
    timer?.start(after: Self.refreshInterval, every: Self.refreshInterval)
    refresh()
  }

  func stop() {
    timer?.cancel()
    timer = nil
  }

  /// The tenant of a `Host` header's value; `nil` when no tenant has it.
  public func find(_ host: UnsafeRawBufferPointer) -> Tenant? {
    if isLast(host) { return lastTenant }
    let spelling = Array(host)
    if let tenant = spellings[spelling] {
      lastSpelling = spelling
      lastTenant = tenant
      return tenant
    }
    guard let name = Host(bytes: host) else { return nil }
    guard let tenant = tenants[name.description] else {
      if loop.milliseconds &- readAt > Self.unknownHostInterval { refresh() }
      return nil
    }
    if spellings.count >= Self.maximumSpellings { spellings.removeAll() }
    spellings[spelling] = tenant
    return tenant
  }

  @inline(__always)
  private func isLast(_ host: UnsafeRawBufferPointer) -> Bool {
    lastSpelling.withUnsafeBytes { last in
      last.count == host.count && last.count > 0
        && memcmp(last.baseAddress!, host.baseAddress!, last.count) == 0
    }
  }

  private func refresh() {
    guard !isReading else { return }
    isReading = true
    loop.spawn { [self] in
      do {
        let hosts = try await store.hosts()
        tenants = Dictionary(hosts.map { ($0.host, $0.tenant) }) { $1 }
        spellings.removeAll()
        lastSpelling = []
        lastTenant = nil
        isLoaded = true
      } catch {
        logger.warning("tenants could not be read", [("error", .string("\(error)"))])
      }
      isReading = false
      readAt = loop.milliseconds
    }
  }
}
