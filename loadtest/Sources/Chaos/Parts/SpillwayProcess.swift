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
  /// How long it may take to end in order: requests under way are finished first.
  private static let stopLimit = Duration.seconds(15)
  /// A program that was started so short a while ago may not listen to signals yet.
  private static let deafness = Duration.seconds(10)
  private var startedAt: UInt64 = 0
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

  var identifier: Int32? { child?.processIdentifier }

  /// How it ended, when nobody had told it to.
  var unexpectedEnd: ProcessExit? { isStruck ? nil : child?.status }

  /// - Parameter environment: variables that it gets besides, as `NAME=value`.
  /// - Throws: `ScenarioError` when it cannot be started.
  func start(environment: [String] = []) async throws(ScenarioError) {
    do {
      // The first start lets the kernel choose a port; clients go on asking there ever after.
      let place = arguments.contains("serve") ? ["--port", "\(port ?? 0)"] : []
      let words = environment + [program] + arguments + place
      child =
        environment.isEmpty
        ? try await ChildProcess.start(program, arguments + place, log: log)
        : try await ChildProcess.start("/usr/bin/env", words, log: log)
      isStruck = false
      startedAt = EventLoop.nanoseconds()
    } catch {
      throw ScenarioError("cannot start \(name): \(error)")
    }
  }

  /// Its next end is no surprise.
  func expectEnd() { isStruck = true }

  func send(signal: Int32) { child?.send(signal: signal) }

  /// Asks it to end and waits for that.
  ///
  /// - Throws: `ScenarioError` when it does not end in order.
  func stop() async throws(ScenarioError) {
    guard let child, child.status == nil else { return }
    let age = Duration.nanoseconds(Int64(EventLoop.nanoseconds() - startedAt))
    let isDeaf = age < Self.deafness
    expectEnd()
    child.send(signal: SIGCONT)
    child.send(signal: SIGTERM)
    let hasEnded = await loop.poll(within: Self.stopLimit) { child.status != nil }
    if !hasEnded { child.send(signal: SIGKILL) }
    if child.status == .signalled(SIGTERM), isDeaf { return }
    guard child.status == .exited(0) else {
      throw ScenarioError(
        "\(name) was asked to end: \(child.status.map(String.init(describing:)) ?? "it did not")")
    }
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
