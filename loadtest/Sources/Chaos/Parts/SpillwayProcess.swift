internal import Embedded
internal import EventLoop
internal import Foundation

/// A `spillway` process that is started, killed and started again. Loop-confined.
final class SpillwayProcess {
  let name: String
  /// The file that holds all that it said.
  let log: String
  private let program: String
  private let arguments: [String]
  private let loop: EventLoop
  private var child: ChildProcess?
  /// It was told to end, so its end is no surprise.
  private var isStruck = false
  /// The port on which it serves, once known.
  private(set) var port: Int?

  init(name: String, program: String, arguments: [String], folder: String, loop: EventLoop) {
    self.name = name
    self.program = program
    self.arguments = arguments
    self.loop = loop
    log = "\(folder)/\(name).log"
  }

  var isRunning: Bool { child.map { $0.status == nil } ?? false }

  /// How it ended, when nobody had told it to.
  var unexpectedEnd: ProcessExit? { isStruck ? nil : child?.status }

  /// - Throws: `ScenarioError` when it cannot be started.
  func start() async throws(ScenarioError) {
    do {
      // The first start lets the kernel choose a port; clients go on asking there ever after.
      let place = arguments.contains("serve") ? ["--port", "\(port ?? 0)"] : []
      child = try await ChildProcess.start(program, arguments + place, log: log)
      isStruck = false
    } catch {
      throw ScenarioError("cannot start \(name): \(error)")
    }
  }

  func kill() {
    isStruck = true
    child?.send(signal: SIGKILL)
  }

  func freeze() { child?.send(signal: SIGSTOP) }

  func thaw() { child?.send(signal: SIGCONT) }

  /// Asks it to end and waits for that.
  func stop() async {
    isStruck = true
    child?.send(signal: SIGCONT)
    child?.send(signal: SIGTERM)
    if await loop.poll(within: .seconds(15), { !self.isRunning }) { return }
    child?.send(signal: SIGKILL)
  }

  /// Waits until it has said that it is ready, and notes the port that it serves on.
  func awaitReady(within limit: Duration) async throws(ScenarioError) {
    let isReady = await loop.poll(within: limit) {
      self.port = self.announcedPort()
      return self.port != nil || !self.isRunning
    }
    guard isReady, port != nil else {
      throw ScenarioError("\(name) was not ready within \(limit); see \(log)")
    }
  }

  private func announcedPort() -> Int? {
    guard let data = FileManager.default.contents(atPath: log) else { return nil }
    let lines = String(decoding: data, as: UTF8.self).split(separator: "\n")
    guard let line = lines.last(where: { $0.hasPrefix("ready http://") }) else { return nil }
    return line.split(separator: ":").last.flatMap { Int($0) }
  }
}
