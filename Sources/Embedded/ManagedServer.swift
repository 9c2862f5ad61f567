internal import Glibc
internal import Synchronization

/// Starts, watches and stops one server program in one folder.
final class ManagedServer: Sendable {
  let folder: ServerFolder
  let program: any ServerProgram
  let state = Mutex(State())

  struct State {
    var phase = Phase.stopped
    /// Asked for while the server was starting.
    var stopRequested = false
    var child: ChildProcess?
    var lock: DirectoryLock?
    var onExit: (@Sendable (ProcessExit) -> Void)?
  }

  enum Phase { case stopped, starting, running, stopping }

  /// How long servers of an earlier owner may take to let go of the folder.
  private static let handOverLimit = Duration.seconds(30)

  /// How long a server whose start failed may take to end.
  private static let abandonLimit = Duration.seconds(6)

  init(folder: ServerFolder, program: any ServerProgram) {
    self.folder = folder
    self.program = program
  }

  deinit {
    // Nobody can stop it any more.
    let signal = program.stopSignals.last ?? SIGKILL
    state.withLock { $0.child?.send(signal: signal) }
  }

  var processIdentifier: Int32? {
    state.withLock { state in
      state.child.flatMap { $0.status == nil ? $0.processIdentifier : nil }
    }
  }

  var onExit: (@Sendable (ProcessExit) -> Void)? {
    get { state.withLock { $0.onExit } }
    set { state.withLock { $0.onExit = newValue } }
  }

  func kill(signal: Int32) {
    state.withLock { $0.child }?.send(signal: signal)
  }

  // MARK: Starting

  func start() async throws(EmbeddedError) {
    try await ServerThread.run { () async throws(EmbeddedError) in
      try self.beginStart()
      do throws(EmbeddedError) {
        try await self.launch()
      } catch {
        await self.abandonStart()
        throw error
      }
    }
  }

  private func beginStart() throws(EmbeddedError) {
    let isIdle = state.withLock { state in
      guard state.phase == .stopped || (state.phase == .running && state.child?.status != nil)
      else { return false }
      state.phase = .starting
      state.stopRequested = false
      state.child = nil
      return true
    }
    if !isIdle { throw .alreadyRunning(server: folder.name) }
  }

  private func launch() async throws(EmbeddedError) {
    try File.makeDirectories(folder.path)
    if state.withLock({ $0.lock }) == nil {
      let lock = try DirectoryLock(directory: folder.path)
      state.withLock { $0.lock = lock }
    }
    try folder.prepare()
    let serverLock = try await folder.lockForServer(
      within: Self.handOverLimit, unless: checkNotStopped)
    defer { close(serverLock) }
    let data = try File.open(folder.data, O_RDONLY | O_DIRECTORY)
    defer { close(data) }
    let output = try folder.openLog()
    defer { close(output) }
    let logStart = File.size(folder.log)

    func spawn(
      _ program: String, _ arguments: [String], _ input: Int32?,
      _ signal: ChildProcess.ParentDeathSignal
    ) throws(EmbeddedError) -> ChildProcess {
      try ChildProcess.spawn(
        ChildProcess.Command(
          program: program, arguments: arguments, user: folder.user, parentDeathSignal: signal,
          descriptors: [serverLock, data], output: output, input: input))
    }
    let (path, arguments) = try await program.prepare(in: folder) {
      (program, arguments, input) async throws(EmbeddedError) in
      let helper = try spawn(program, arguments, input, .kill)
      let status = try await self.end(of: helper)
      guard status == .exited(0) else {
        throw EmbeddedError.endedEarly(
          server: program, status: status, log: File.tail(self.folder.log, from: logStart))
      }
    }
    try checkNotStopped()
    let child = try spawn(path, arguments, nil, program.parentDeathSignal)
    state.withLock { $0.child = child }
    try await waitUntilReady(child, logStart: logStart)
  }

  /// Waits for a helper of a start; ends it, and what it has started, when the start is called off.
  private func end(of helper: ChildProcess) async throws(EmbeddedError) -> ProcessExit {
    while true {
      if let status = await helper.ended(within: .milliseconds(50)) { return status }
      do throws(EmbeddedError) {
        try checkNotStopped()
      } catch {
        helper.killGroup()
        _ = await helper.ended()
        throw error
      }
    }
  }

  private func waitUntilReady(_ child: ChildProcess, logStart: Int) async throws(EmbeddedError) {
    let limit = program.startDeadline
    let isReady = try await ServerThread.poll(within: limit) { () async throws(EmbeddedError) in
      if child.status != nil { return true }
      try checkNotStopped()
      return await program.isReady(in: folder, processIdentifier: child.processIdentifier)
    }
    let log = { File.tail(self.folder.log, from: logStart) }
    if let status = child.status {
      throw .endedEarly(server: folder.name, status: status, log: log())
    }
    guard isReady else { throw .notReady(server: folder.name, within: limit, log: log()) }
    state.withLock { $0.phase = .running }
    child.whenEnded { [weak self] status in self?.ended(child, status) }
  }

  private func checkNotStopped() throws(EmbeddedError) {
    if state.withLock({ $0.stopRequested }) { throw .stopped(server: folder.name) }
  }

  private func abandonStart() async {
    if let child = state.withLock({ $0.child }) {
      await end(child, by: program.stopSignals.suffix(1), within: Self.abandonLimit)
    }
    state.withLock { state in
      state.phase = .stopped
      state.child = nil
      state.lock = nil
    }
  }

  private func ended(_ child: ChildProcess, _ status: ProcessExit) {
    let handler = state.withLock { state in
      state.child === child && state.phase == .running ? state.onExit : nil
    }
    handler?(status)
  }
}
