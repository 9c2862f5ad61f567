internal import CLibpq
internal import EventLoop

extension PostgresConnection {
  /// Sends a request behind those in flight, or holds it back while nothing may be sent.
  func send(_ request: PostgresRequest) {
    guard state == .ready else {
      request.connectionLost("the connection is closed", wasSent: false)
      return
    }
    lastUse = loop.milliseconds
    request.connection = self
    request.deadline = lastUse + (request.timeout + configuration.replyMargin).milliseconds
    held.append(request)
    sendHeld()
  }

  /// Sends what was held back, in order, as far as it may be sent now.
  func sendHeld() {
    while state == .ready, cancellation == nil, !isRunningScript, let request = held.first {
      if case .script = request.work, !inFlight.isEmpty { return }
      _ = held.popFirst()
      if request.isAbandoned { continue }
      transmit(request)
    }
  }

  private func transmit(_ request: PostgresRequest) {
    do throws(PostgresError) {
      switch request.work {
      case .steps(let steps, let main): try transmit(steps, main: main, of: request)
      case .script(let text): try transmit(script: text)
      }
    } catch {
      if case .encoding = error {
        request.complete(.failure(error))
      } else {
        request.connectionLost(error.description, wasSent: true)
        fail(error.description)
      }
      return
    }
    request.sentAt = EventLoop.nanoseconds()
    inFlight.append(request)
    flush()
  }

  private func transmit(
    _ steps: [PostgresRequest.Step], main: Int, of request: PostgresRequest
  ) throws(PostgresError) {
    if steps.count > 1 {
      // A refusal half-way would leave a group without its end.
      for step in steps { try encoder.encode(step.values) }
    }
    for (index, step) in steps.enumerated() {
      try encoder.encode(step.values)
      try transmit(step, isMain: index == main, of: request)
    }
    guard PQpipelineSync(native) == 1 else { throw broken }
  }

  private func transmit(
    _ step: PostgresRequest.Step, isMain: Bool, of request: PostgresRequest
  ) throws(PostgresError) {
    let types = step.values.map(\.type)
    let name = try prepare(step.statement, types: types, of: request)
    let oids = name == nil ? types.map(\.identifier) : []
    let sent = encoder.withPointers { count, values, lengths, formats in
      if let name {
        PQsendQueryPrepared(native, name, count, values, lengths, formats, 1)
      } else {
        PQsendQueryParams(
          native, step.statement.sql, count, oids, values, lengths, formats, 1)
      }
    }
    guard sent == 1 else { throw broken }
    request.commands.append(.execute(isMain: isMain))
  }

  /// The name under which the server has, or will have by then, the statement; `nil` to run it
  /// unprepared.
  private func prepare(
    _ statement: Statement, types: [PostgresType], of request: PostgresRequest
  ) throws(PostgresError) -> String? {
    guard statement.isPrepared else { return nil }
    if let known = statements.find(statement, types: types) { return known.name }
    guard let new = statements.add(statement, types: types) else { return nil }
    let oids = types.map(\.identifier)
    guard PQsendPrepare(native, new.name, statement.sql, Int32(oids.count), oids) == 1 else {
      throw broken
    }
    request.commands.append(.prepare(statement))
    return new.name
  }

  /// A text of several commands needs the simple protocol, which pipeline mode excludes.
  private func transmit(script text: String) throws(PostgresError) {
    guard PQexitPipelineMode(native) == 1, PQsendQuery(native, text) == 1 else { throw broken }
    isRunningScript = true
  }

  private var broken: PostgresError {
    .connection(message: nativeMessage, mayHaveRun: true)
  }

  /// Hands what libpq still holds to the kernel.
  func flush() {
    guard state == .ready else { return }
    switch PQflush(native) {
    case 0: watch(.readable)
    case 1: watch([.readable, .writable])
    default: fail(nativeMessage)
    }
  }

  /// Changes what the socket is watched for; to say the same again would cost system calls.
  private func watch(_ readiness: DescriptorWatcher.Readiness) {
    guard readiness != watched else { return }
    watched = readiness
    watcher?.watch(readiness)
  }
}
