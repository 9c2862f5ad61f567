internal import EventLoop
internal import Postgres
internal import Redis
internal import Telemetry

/// Something that the ledger decides together with others. Loop-confined.
protocol LedgerOperation: AnyObject {
  associatedtype Decision

  /// False once nobody wants it any more: it is then not sent.
  var isWaiting: Bool { get }
  func decided(_ decision: Decision)
  /// Told instead of a decision. What was sent may have been done: asking again tells.
  func failed(_ reason: LedgerPathFailure)
}

/// Why the ledger gave no decision.
enum LedgerPathFailure: Error, Equatable {
  /// More waits already than the loop takes.
  case shed
  /// The ledger could not be asked, or did not say how it ended.
  case unavailable
  /// Whoever asked was answered already; nothing was decided.
  case abandoned
}

/// The way of one kind of operation into a function of the ledger that takes sets: operations gather
/// while a call is in flight, and travel together in the next. Loop-confined.
///
/// A call is one transaction. When the server refuses a whole set because of one operation in it, the
/// set is halved until that one is alone: its neighbours are decided all the same.
final class LedgerPath<Operation: LedgerOperation> {
  private let loop: EventLoop
  private let logger: Logger
  private let call: ([Operation]) async throws(PostgresError) -> [Operation.Decision]
  private var batcher: Batcher<Operation>!

  /// - Parameter call: has the ledger decide a set, which is never empty; as many decisions in the same
  ///   order.
  init(
    loop: EventLoop, limits: Batcher<Operation>.Limits, batchSizes: Histogram?, logger: Logger,
    call: @escaping ([Operation]) async throws(PostgresError) -> [Operation.Decision]
  ) {
    self.loop = loop
    self.logger = logger
    self.call = call
    batcher = Batcher(loop: loop, limits: limits, batchSizes: batchSizes) {
      [weak self] operations, done in
      loop.spawn {
        await self?.decide(operations)
        done()
      }
    }
  }

  /// Takes an operation; it is told the outcome later, or at once that too many wait.
  func submit(_ operation: Operation) {
    if !batcher.submit(operation) { operation.failed(.shed) }
  }

  private func decide(_ operations: [Operation]) async {
    let wanted = stillWanted(operations)
    guard !wanted.isEmpty else { return }
    do throws(PostgresError) {
      let decisions = try await call(wanted)
      precondition(decisions.count == wanted.count, "the ledger decides each operation of a set")
      for (operation, decision) in zip(wanted, decisions) { operation.decided(decision) }
    } catch {
      guard wanted.count > 1, Self.mayBeOneOperations(error) else {
        logger.warning("the ledger did not decide", [("error", .string("\(error)"))])
        for operation in wanted { operation.failed(.unavailable) }
        return
      }
      let middle = wanted.count / 2
      await decide(Array(wanted[..<middle]))
      await decide(Array(wanted[middle...]))
    }
  }

  private func stillWanted(_ operations: [Operation]) -> [Operation] {
    guard operations.contains(where: { !$0.isWaiting }) else { return operations }
    return operations.filter { operation in
      if operation.isWaiting { return true }
      operation.failed(.abandoned)
      return false
    }
  }

  /// Whether a refusal may have come of one operation: its data, a constraint, an error that the function
  /// raised, or a lock that two sets wanted in turn.
  private static func mayBeOneOperations(_ error: PostgresError) -> Bool {
    guard let state = error.sqlState else { return false }
    return error.isConflict || ["22", "23", "P0"].contains { state.hasPrefix($0) }
  }
}
