internal import EventLoop

extension PostgresPool {
  /// Runs `body` in a transaction: committed when it returns, rolled back when it throws.
  ///
  /// A statement that failed dooms the transaction even if `body` goes on: its error is thrown at
  /// the end. A task cancelled before the commit rolls back; a commit under way is waited for.
  ///
  /// - Throws: what `body` throws, or `PostgresError`; `.outcomeUnknown` when the connection broke
  ///   while committing.
  public func transaction<Result>(
    _ mode: PostgresTransaction.Mode = .readCommitted,
    _ body: (PostgresTransaction) async throws -> Result
  ) async throws -> Result {
    let connection = try await leaseConnection()
    defer { release(connection) }
    let transaction = PostgresTransaction(connection: connection, mode: mode)
    let result: Result
    do {
      result = try await body(transaction)
    } catch {
      await transaction.abort()
      throw error
    }
    try await transaction.end()
    return result
  }

  private func leaseConnection() async throws(PostgresError) -> PostgresConnection {
    if Task.isCancelled { throw .cancelled }
    let lease = PoolLease()
    let confined = LoopConfined(lease)
    let loop = loop
    let result = await withTaskCancellationHandler {
      await withUnsafeContinuation { continuation in
        lease.waiter = self.lease { continuation.resume(returning: LoopConfined($0)) }
      }
    } onCancel: {
      loop.execute { confined.value.waiter?.refuse(.cancelled) }
    }
    return try result.value.get()
  }
}

/// Carries a waiter to the cancellation of the task that waits.
private final class PoolLease {
  var waiter: PoolWaiter?
}
