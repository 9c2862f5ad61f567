internal import Domain
internal import HotPath
internal import Telemetry

/// What is counted of one cell.
struct CellMetrics {
  /// How long a fact waited from its acceptance to its commit.
  let lag: Histogram
  /// How long the oldest fact that is not in the ledger has been waiting; zero when none waits.
  let currentLag: Gauge
  let facts: Counter
  let batchSize: Histogram
  let rebuilds: Counter
  let isOpen: Gauge
  let streamEntries: Gauge
  let streamBytes: Gauge

  init(_ registry: MetricsRegistry, cell: CellName) {
    let labels = [("cell", cell.text)]
    lag = registry.histogram(
      "spillway_reconciler_lag_seconds",
      "Time from a stream entry's acceptance in Redis to its commit in the ledger.", labels: labels)
    currentLag = registry.gauge(
      "spillway_reconciler_current_lag_seconds",
      "Age of the oldest stream entry that is not in the ledger; zero when all are.",
      labels: labels)
    facts = registry.counter(
      "spillway_reconciler_facts_total", "Facts committed to the ledger.", labels: labels)
    batchSize = registry.histogram(
      "spillway_reconciler_batch_facts", "Facts of one ledger transaction.", labels: labels,
      buckets: .sizes)
    rebuilds = registry.counter(
      "spillway_cell_rebuilds_total", "Times a cell was rebuilt from the ledger.", labels: labels)
    isOpen = registry.gauge(
      "spillway_cell_open", "1 while the cell is vouched for, else 0.", labels: labels)
    streamEntries = registry.gauge(
      "spillway_cell_stream_entries", "Entries in the cell's stream.", labels: labels)
    streamBytes = registry.gauge(
      "spillway_cell_stream_bytes", "Memory that the cell's stream takes, about.", labels: labels)
  }

  /// Counts a committed batch; `now` is Redis' clock in milliseconds.
  func committed(_ batch: FactBatch, now: Int) {
    facts.add(batch.count)
    batchSize.observe(batch.count)
    for instant in batch.instants { lag.observe((now - instant) * 1_000_000) }
  }
}
