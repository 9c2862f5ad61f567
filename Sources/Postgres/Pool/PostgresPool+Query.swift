internal import EventLoop

extension PostgresPool {
  /// Runs one statement in a transaction of its own.
  ///
  /// Statements of concurrent callers are pipelined. When the calling task is cancelled, the call
  /// ends at once and the server is asked to stop the statement if nobody else's could be hit.
  ///
  /// - Parameter timeout: the longest that the statement may run, when other than the
  ///   configuration's. The time for a connection is not part of it.
  public func query(
    _ statement: Statement, _ values: [PostgresValue] = [], timeout: Duration? = nil
  ) async throws(PostgresError) -> PostgresRows {
    let request = PostgresRequest(
      work: .run(statement, values, timeout: timeout),
      timeout: timeout ?? configuration.statementTimeout)
    request.mayRetry = true
    return try await request.result(on: loop) { submit(request) }
  }

  /// Waits until the pool has a connection.
  ///
  /// - Parameter deadline: how long to wait.
  /// - Throws: `PostgresError.connection` with the reason of the last failure.
  public func whenReady(deadline: Duration) async throws(PostgresError) {
    loop.assertCurrent()
    if openConnections > 0 { return }
    start()
    let error = await withUnsafeContinuation { continuation in
      readyWaiters.append(
        PoolReadyWaiter(deadline: loop.milliseconds + deadline.milliseconds) {
          continuation.resume(returning: $0)
        })
      startSweeping()
    }
    if let error { throw error }
  }
}

extension PostgresRequest.Work {
  /// Sets the server's time-out for the rest of the transaction.
  private static let setTimeout = Statement(
    "postgres.set_timeout", "select set_config('statement_timeout', $1, true)")

  /// One statement, with a time-out of its own where one is given.
  static func run(
    _ statement: Statement, _ values: [PostgresValue], timeout: Duration?
  ) -> Self {
    let step = PostgresRequest.Step(statement: statement, values: values)
    guard let timeout else { return .steps([step], main: 0) }
    return .steps([timeoutStep(timeout), step], main: 1)
  }

  static func timeoutStep(_ timeout: Duration) -> PostgresRequest.Step {
    PostgresRequest.Step(
      statement: setTimeout, values: [.text(String(timeout.wholeMilliseconds))])
  }
}

extension PostgresRequest {
  /// Lets `send` send it and waits for the outcome; a cancelled task stops waiting.
  func result(
    on loop: EventLoop, _ send: () -> Void
  ) async throws(PostgresError) -> PostgresRows {
    if Task.isCancelled { throw .cancelled }
    let confined = LoopConfined(self)
    let result = await withTaskCancellationHandler {
      await shieldedResult(on: loop, send)
    } onCancel: {
      loop.execute { confined.value.abandon() }
    }
    return try result.get()
  }

  /// The same, without regard to the task's cancellation.
  func shieldedResult(
    on loop: EventLoop, _ send: () -> Void
  ) async -> Result<PostgresRows, PostgresError> {
    loop.assertCurrent()
    return await withUnsafeContinuation { continuation in
      completion = { continuation.resume(returning: $0) }
      send()
    }
  }

  private func abandon() {
    if let connection {
      connection.abandon(self, with: .cancelled)
    } else {
      complete(.failure(.cancelled))
    }
  }
}
