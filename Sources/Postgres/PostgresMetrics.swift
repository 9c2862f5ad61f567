internal import Telemetry

/// What the pools of one name count, over all loops.
final class PostgresMetrics {
  private let registry: MetricsRegistry?
  private let client: String
  private let open: Gauge?
  private let busy: Gauge?
  private let waiting: Gauge?
  private let reconnects: Counter?
  private let timeouts: Counter?
  private let overloads: Counter?
  private var seconds: [String: Histogram] = [:]

  /// What this pool has added to the gauges, which other loops' pools add to as well.
  private var told = (open: 0, busy: 0, waiting: 0)

  /// With no registry nothing is counted.
  init(_ registry: MetricsRegistry?, client: String) {
    self.registry = registry
    self.client = client
    let labels = [("client", client)]
    open = registry?.gauge(
      "spillway_postgres_connections", "Open connections to Postgres.", labels: labels)
    busy = registry?.gauge(
      "spillway_postgres_busy", "Statements that run and transactions that are open.",
      labels: labels)
    waiting = registry?.gauge(
      "spillway_postgres_waiting", "Callers that wait for a connection.", labels: labels)
    reconnects = registry?.counter(
      "spillway_postgres_reconnects_total", "Attempts to connect again.", labels: labels)
    timeouts = registry?.counter(
      "spillway_postgres_timeouts_total", "Statements without an answer in time.", labels: labels)
    overloads = registry?.counter(
      "spillway_postgres_overloads_total", "Callers refused because too many wait.",
      labels: labels)
  }

  func answered(_ request: PostgresRequest, now: UInt64) {
    guard registry != nil else { return }
    histogram(request.label).observe(nanoseconds: now - request.sentAt)
  }

  /// Statements' names are few and constant, which bounds the number of histograms.
  private func histogram(_ statement: String) -> Histogram {
    if let known = seconds[statement] { return known }
    let new = registry!.histogram(
      "spillway_postgres_query_seconds", "Time from a statement's sending to its answer.",
      labels: [("client", client), ("statement", statement)])
    seconds[statement] = new
    return new
  }

  func reconnected() { reconnects?.add(1) }
  func timedOut() { timeouts?.add(1) }
  func overloaded() { overloads?.add(1) }

  func tell(open: Int, busy: Int, waiting: Int) {
    guard registry != nil, (open, busy, waiting) != told else { return }
    self.open?.add(Double(open - told.open))
    self.busy?.add(Double(busy - told.busy))
    self.waiting?.add(Double(waiting - told.waiting))
    told = (open, busy, waiting)
  }
}
