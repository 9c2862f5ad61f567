internal import EventLoop
internal import HotPath
internal import Redis

/// Reads a cell's stream ahead of the ledger, one run at a time, on a connection of its own: a
/// blocked read holds up nothing else, and the next run is read while the last one is committed.
/// Loop-confined.
final class FactReader {
  private let client: RedisClient
  private let stream: [UInt8]
  private let limits: ReconcilerLimits
  private let onReady: () -> Void
  private var ready: FactBatch?
  /// Where the next read begins; `nil` while stopped.
  private var position: StreamPosition?
  private var isReading = false
  private var retry: EventLoopTimer?
  /// Counts the starts, so that a reply of an earlier one is dropped.
  private var generation = 0
  /// Facts in an entry, smoothed.
  private var factsPerEntry = 1.0
  /// When the last read began, in milliseconds of the loop's clock, and how many entries it brought.
  private var readAt: UInt64 = 0
  private var lastEntries = 0

  /// - Parameter onReady: called when ``take()`` has something.
  init(
    redis: RedisRouter, keys: CellKeys, limits: ReconcilerLimits,
    onReady: @escaping () -> Void
  ) {
    self.limits = limits
    self.onReady = onReady
    stream = keys.stream
    client = redis.dedicatedClient(for: keys.stream, name: "spillway-facts")
    client.onStateChange = { [weak self] _ in self?.read() }
    client.start()
    retry = EventLoopTimer(loop: redis.loop) { [weak self] in self?.read() }
  }

  var isStopped: Bool { position == nil }

  /// Ends the connection.
  func close() {
    stop()
    retry?.cancel()
    client.onStateChange = nil
    client.close()
  }

  /// Drops what was read and reads from behind `position`.
  func start(after position: StreamPosition) {
    generation += 1
    ready = nil
    isReading = false
    self.position = position
    read()
  }

  /// Drops what was read and reads no more until started again.
  func stop() {
    generation += 1
    ready = nil
    isReading = false
    position = nil
  }

  /// Takes the run that was read, if there is one, and begins to read the next.
  func take() -> FactBatch? {
    guard let batch = ready else { return nil }
    ready = nil
    // What is behind a malformed entry is of no use.
    if batch.malformed == nil { read() } else { stop() }
    return batch
  }

  private var entriesWanted: Int {
    let wanted = Int(Double(limits.factsPerBatch) / max(factsPerEntry, 1))
    return min(max(wanted, limits.entriesPerRead.lowerBound), limits.entriesPerRead.upperBound)
  }

  private func read() {
    guard let position, !isReading, ready == nil, client.state == .ready else { return }
    if let pause {
      retry?.start(after: pause)
      return
    }
    isReading = true
    readAt = client.loop.milliseconds
    let generation = generation
    let count = entriesWanted
    let block = Int(limits.readBlock.milliseconds)
    client.call(timeout: limits.readTimeout) { writer in
      FactBatch.writeRead(of: stream, after: position, count: count, block: block, into: &writer)
    } completion: { [weak self] reply in
      self?.took(reply, generation)
    }
  }

  /// How long to let entries gather: in a crowd they come faster than they can be committed one by one,
  /// and a commit costs the same for one as for many. A single entry is never kept waiting.
  private var pause: Duration? {
    guard lastEntries > 1 else { return nil }
    let end = readAt + limits.gatherInterval.milliseconds
    let now = client.loop.milliseconds
    return now < end ? .milliseconds(Int(end - now)) : nil
  }

  private func took(_ reply: RedisReply, _ generation: Int) {
    guard generation == self.generation, let position else { return }
    isReading = false
    if reply.failure != nil {
      // A lost connection reads again when it is back; a loading server when asked again.
      retry?.start(after: limits.retryInterval)
      return
    }
    let batch = FactBatch(
      reply, after: position, runID: client.runID, capacity: limits.factsPerBatch)
    if batch.isEmpty && batch.malformed == nil {
      lastEntries = 0
      return read()
    }
    factsPerEntry =
      0.75 * factsPerEntry + 0.25 * Double(batch.count) / Double(max(1, batch.instants.count))
    lastEntries = batch.instants.count
    self.position = batch.last
    ready = batch
    onReady()
  }
}
