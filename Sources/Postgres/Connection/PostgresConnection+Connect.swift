internal import CLibpq
internal import EventLoop

extension PostgresConnection {
  /// Connects; `completion` is called once, with an error when it failed.
  func connect(_ completion: @escaping (PostgresError?) -> Void) {
    loop.assertCurrent()
    onConnected = completion
    connectTimer = loop.schedule(after: configuration.connectTimeout) { [weak self] in
      guard let self else { return }
      fail("connecting to \(configuration.address) took too long")
    }
    if configuration.namesNoHost {
      adopt(NativeConnection.start(configuration))
    } else {
      startOnOwnThread()
    }
  }

  /// libpq looks names up by blocking calls.
  private func startOnOwnThread() {
    let confined = LoopConfined(self)
    let (loop, configuration) = (loop, configuration)
    LoopThread.start(name: "pg-connect") {
      let started = NativeConnection.start(configuration)
      loop.execute { confined.value.adopt(started) }
    }
  }

  private func adopt(_ started: NativeConnection) {
    guard state == .connecting else {
      started.finish()
      return
    }
    native = started.pointer
    guard let native, PQstatus(native) != CONNECTION_BAD else {
      fail(nativeMessage)
      return
    }
    PQsetNoticeProcessor(native, { _, _ in }, nil)
    wait(until: .writable)
  }

  /// Waits for the socket, which libpq may have changed for another since the last time.
  private func wait(until readiness: DescriptorWatcher.Readiness) {
    do {
      watcher = try DescriptorWatcher(descriptor: PQsocket(native), loop: loop) { [weak self] _ in
        self?.poll()
      }
      watcher?.watch(readiness)
    } catch {
      fail(error.description)
    }
  }

  private func poll() {
    guard state == .connecting, let native else { return }
    // Before libpq may close the socket.
    watcher?.cancel()
    watcher = nil
    switch PQconnectPoll(native) {
    case PGRES_POLLING_READING: wait(until: .readable)
    case PGRES_POLLING_WRITING: wait(until: .writable)
    case PGRES_POLLING_OK: connected(native)
    default: fail(nativeMessage)
    }
  }

  private func connected(_ native: OpaquePointer) {
    guard PQsetnonblocking(native, 1) == 0, PQenterPipelineMode(native) == 1 else {
      fail(nativeMessage)
      return
    }
    do {
      watcher = try DescriptorWatcher(descriptor: PQsocket(native), loop: loop) { [weak self] in
        self?.socketReady($0)
      }
    } catch {
      fail(error.description)
      return
    }
    watched = .readable
    watcher?.watch(.readable)
    connectTimer?.cancel()
    connectTimer = nil
    state = .ready
    lastUse = loop.milliseconds
    let onConnected = onConnected
    self.onConnected = nil
    onConnected?(nil)
  }
}
