internal import EventLoop
internal import Foundation
internal import Synchronization

/// A program that this one starts, with its output.
final class ChildProgram: Sendable {
  private let process: LockedProcess
  private let output = Mutex("")
  private let name: String

  private struct LockedProcess: @unchecked Sendable {
    // Foundation's Process is only started, signalled and waited for, which it allows from any thread.
    let value = Process()
  }

  /// The thread that starts all programs. The kernel ends a program when the *thread* that started it
  /// ends, so this one lives as long as the process.
  private static let thread = EventLoop.start(name: "programs")

  /// Starts a program, which is asked to end when this process ends, however that happens.
  ///
  /// - Parameters:
  ///   - command: the program, looked for on the path, and its arguments.
  ///   - environment: added to this process' own.
  ///   - log: the file that takes standard error; this process' own if there is none.
  /// - Throws: `ScenarioError` when it cannot be started.
  static func start(
    _ command: [String], environment: [String: String] = [:], log: String? = nil
  ) async throws(ScenarioError) -> ChildProgram {
    do {
      return try await thread.submit {
        try ChildProgram(command, environment: environment, log: log)
      }
    } catch {
      throw ScenarioError("cannot start \(command[0]): \(error)")
    }
  }

  private init(_ command: [String], environment: [String: String], log: String?) throws {
    process = LockedProcess()
    name = command[0].split(separator: "/").last.map(String.init) ?? command[0]
    let pipe = Pipe()
    process.value.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.value.arguments = ["setpriv", "--pdeathsig", "TERM"] + command
    process.value.environment = ProcessInfo.processInfo.environment
      .merging(environment) { $1 }
    process.value.standardInput = FileHandle.nullDevice
    process.value.standardOutput = pipe
    if let log {
      process.value.standardError = FileHandle(
        fileDescriptor: try OutputFile.open(log), closeOnDealloc: true)
    }
    pipe.fileHandleForReading.readabilityHandler = { [weak self] handle in
      let data = handle.availableData
      if data.isEmpty { handle.readabilityHandler = nil }
      self?.output.withLock { $0 += String(decoding: data, as: UTF8.self) }
    }
    // The threads of the concurrency runtime block signals, and a child inherits that: it could not
    // be asked to end.
    var none = sigset_t()
    var before = sigset_t()
    sigemptyset(&none)
    pthread_sigmask(SIG_SETMASK, &none, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    try process.value.run()
  }

  var identifier: Int32 { process.value.processIdentifier }
  var isRunning: Bool { process.value.isRunning }

  /// Standard output so far.
  var text: String { output.withLock { $0 } }

  /// Waits until it has ended; returns its standard output.
  ///
  /// - Throws: `ScenarioError` when it ended with another status than 0, or not in time.
  func finish(within limit: Duration) async throws(ScenarioError) -> String {
    guard await Self.poll(within: limit, { !self.isRunning }) else {
      process.value.terminate()
      throw ScenarioError("\(name) did not end in time")
    }
    guard process.value.terminationStatus == 0 else {
      throw ScenarioError("\(name) ended with status \(process.value.terminationStatus)")
    }
    // The last output may come behind the end.
    var seen = text
    while await Self.poll(within: .milliseconds(50), { self.text != seen }) { seen = text }
    return seen
  }

  /// Waits for a line of standard output that begins with `prefix`, and returns what follows it.
  ///
  /// - Throws: `ScenarioError` when it ended or the time was over first.
  func line(after prefix: String, within limit: Duration) async throws(ScenarioError) -> String {
    func found() -> String? {
      text.split(separator: "\n").first { $0.hasPrefix(prefix) }
        .map { String($0.dropFirst(prefix.count)) }
    }
    _ = await Self.poll(within: limit) { found() != nil || !self.isRunning }
    guard let line = found() else { throw ScenarioError("\(name) did not say '\(prefix)'") }
    return line
  }

  /// Asks it to end, and makes it and all below it end when it does not.
  func stop(within limit: Duration = .seconds(20)) async {
    guard isRunning else { return }
    process.value.terminate()
    if await Self.poll(within: limit, { !self.isRunning }) { return }
    // Workers of a master that cannot tell them to end any more.
    for child in ProcessTree.descendants(of: identifier) { kill(child.identifier, SIGKILL) }
    kill(identifier, SIGKILL)
    _ = await Self.poll(within: .seconds(5)) { !self.isRunning }
  }

  /// Looks every 20 ms until `condition` holds; false when the time was over first.
  static func poll(within limit: Duration, _ condition: () -> Bool) async -> Bool {
    let end = ContinuousClock.now + limit
    while !condition() {
      if ContinuousClock.now >= end { return false }
      try? await Task.sleep(for: .milliseconds(20))
    }
    return true
  }
}
