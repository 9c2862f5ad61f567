internal import CLibpq
internal import EventLoop

extension PostgresConnection {
  func socketReady(_ readiness: DescriptorWatcher.Readiness) {
    guard state == .ready else { return }
    let isAlive = PQconsumeInput(native) == 1
    guard isAlive else {
      fail(nativeMessage)
      return
    }
    readResults()
    guard state == .ready else { return }
    readNotifications()
    // Whatever libpq has read may have made it close the socket.
    guard state == .ready else { return }
    if PQstatus(native) == CONNECTION_BAD { return fail(nativeMessage) }
    if readiness.contains(.writable) { flush() }
  }

  private func readResults() {
    var isProgress = false
    while state == .ready, let request = inFlight.first, PQisBusy(native) == 0 {
      if let result = PQgetResult(native) {
        isProgress = take(result, for: request) || isProgress
      } else if isRunningScript {
        endScript(request)
        isProgress = true
      } else {
        request.position += 1
        if request.position > request.commands.count {
          fail("libpq lost step with its answers")
        }
      }
    }
    guard isProgress, state == .ready else { return }
    if !endCancellation() { cancellation?.answered() }
    sendHeld()
    cancelIfAbandoned()
    onProgress?()
  }

  /// Takes one result; true when it completed the request.
  private func take(_ result: OpaquePointer, for request: PostgresRequest) -> Bool {
    switch PQresultStatus(result) {
    case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY:
      takeRows(result, for: request)
      return false
    case PGRES_FATAL_ERROR:
      defer { PQclear(result) }
      takeError(result, for: request)
      return false
    case PGRES_PIPELINE_ABORTED:
      defer { PQclear(result) }
      forgetPrepare(of: request)
      return false
    case PGRES_PIPELINE_SYNC:
      PQclear(result)
      finish(request)
      return true
    default:
      // COPY, which no statement of ours may start.
      PQclear(result)
      fail("a statement began a COPY, which is not supported")
      return false
    }
  }

  private func takeRows(_ result: OpaquePointer, for request: PostgresRequest) {
    if !isRunningScript, request.position < request.commands.count,
      case .execute(isMain: true) = request.commands[request.position]
    {
      request.rows = PostgresRows(result)
    } else {
      PQclear(result)
    }
  }

  private func takeError(_ result: OpaquePointer, for request: PostgresRequest) {
    forgetPrepare(of: request)
    let failure = ServerFailure(result)
    if failure.endsSession {
      fail(failure.message)
    } else if request.failure == nil {
      request.failure = failure.error
      // The statement was not there, or stands for a table that has changed since.
      request.isStale = failure.isStalePreparation
      if request.isStale { forgetStatements(of: request) }
    }
  }

  private func forgetPrepare(of request: PostgresRequest) {
    guard request.position < request.commands.count,
      case .prepare(let statement) = request.commands[request.position]
    else { return }
    statements.forget(statement)
  }

  private func forgetStatements(of request: PostgresRequest) {
    guard case .steps(let steps, _) = request.work else { return }
    for step in steps { statements.forget(step.statement) }
  }

  private func finish(_ request: PostgresRequest) {
    _ = inFlight.popFirst()
    if request.isStale, request.mayRetry, !request.isAbandoned {
      retry(request)
      return
    }
    request.connection = nil
    metrics.answered(request, now: EventLoop.nanoseconds())
    if let failure = request.failure {
      request.complete(.failure(outcome(of: failure, for: request)))
    } else if let rows = request.rows {
      request.complete(.success(rows))
    } else {
      request.connectionLost("the server answered without a result", wasSent: true)
    }
  }

  private func outcome(of failure: PostgresError, for request: PostgresRequest) -> PostgresError {
    switch failure.sqlState {
    case SQLState.queryCanceled: timedOut()
    case SQLState.statementCompletionUnknown where request.isCommit:
      .outcomeUnknown(failure.description)
    default: failure
    }
  }

  /// Sends it anew, once, behind the others. Only for a request that is a transaction of its own:
  /// nothing of it was done.
  private func retry(_ request: PostgresRequest) {
    request.reset()
    request.mayRetry = false
    held.append(request)
  }

  private func timedOut() -> PostgresError {
    metrics.timedOut()
    return .timedOut
  }

  private func endScript(_ request: PostgresRequest) {
    _ = inFlight.popFirst()
    isRunningScript = false
    guard PQenterPipelineMode(native) == 1 else {
      request.connectionLost(nativeMessage, wasSent: true)
      fail(nativeMessage)
      return
    }
    request.connection = nil
    if let failure = request.failure {
      request.complete(.failure(outcome(of: failure, for: request)))
    } else if let empty = PQmakeEmptyPGresult(native, PGRES_COMMAND_OK) {
      request.complete(.success(PostgresRows(empty)))
    }
  }

  private func readNotifications() {
    while state == .ready, let notification = PQnotifies(native) {
      let channel = String(cString: notification.pointee.relname)
      let payload = String(cString: notification.pointee.extra)
      PQfreemem(notification)
      onNotification?(channel, payload)
    }
  }
}
