import Embedded
import Foundation
import TestSupport

/// A `spillway` process that a test started. The kernel ends it with the test process at the latest.
final class RunningProgram: Sendable {
  private let process: ChildProcess
  private let outputPath: String
  private let logPath: String

  /// The executable, which the build puts beside the one that runs the tests.
  static let executable: String = {
    let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    return "\(URL(fileURLWithPath: own ?? "").deletingLastPathComponent().path)/spillway"
  }()

  private init(process: ChildProcess, folder: String) {
    self.process = process
    outputPath = Self.outputPath(in: folder)
    logPath = Self.logPath(in: folder)
  }

  deinit { process.send(signal: SIGKILL) }

  private static func outputPath(in folder: String) -> String { "\(folder)/stdout" }
  private static func logPath(in folder: String) -> String { "\(folder)/stderr" }

  /// Starts `spillway` with no other variables in its environment than a path and those given.
  static func start(
    _ arguments: [String], environment: [String: String] = [:]
  ) async throws -> RunningProgram {
    let folder = TestFolder.make("program")
    let variables = environment.map { "\($0)=\($1)" }
    let process = try await ChildProcess.start(
      "/bin/sh",
      ["-c", #"exec "$@" 2>"$0""#, logPath(in: folder), "/usr/bin/env"] + variables
        + [executable] + arguments,
      log: outputPath(in: folder))
    return RunningProgram(process: process, folder: folder)
  }

  var processIdentifier: Int32 { process.processIdentifier }

  func send(_ signal: Int32) { process.send(signal: signal) }

  /// How it ended; nil while it runs.
  var status: ProcessExit? { process.status }

  /// Waits for its end.
  func ended(within limit: Duration = .seconds(30)) async throws -> ProcessExit {
    try await eventually(within: limit, "the end of the process") { self.process.status }
  }

  /// Sends `signal` and waits for the end.
  func stop(_ signal: Int32 = SIGTERM) async throws -> ProcessExit {
    send(signal)
    return try await ended()
  }

  /// What it has written to standard output.
  var output: String { (try? String(contentsOfFile: outputPath, encoding: .utf8)) ?? "" }

  /// What it has written to standard error.
  var log: String { (try? String(contentsOfFile: logPath, encoding: .utf8)) ?? "" }

  /// The lines of the log that are whole, as objects.
  var logLines: [[String: Any]] {
    log.split(separator: "\n").compactMap {
      try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
    }
  }

  /// Waits for the line `ready http://…` and returns the site there.
  func ready(within limit: Duration = .seconds(60)) async throws -> Site {
    try await eventually(within: limit, "ready") {
      if let status = self.status { throw ProgramFailed("\(status): \(self.log)") }
      return self.output.hasSuffix("\n")
    }
    guard output.hasPrefix("ready http://"), output.split(separator: "\n").count == 1,
      let site = Site(url: String(output.dropFirst("ready ".count).dropLast()))
    else { throw ProgramFailed("it announced '\(output)'") }
    return site
  }

  struct ProgramFailed: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
  }
}

/// What a command left that has run to its end.
struct CommandResult: Sendable {
  let status: ProcessExit
  let output: String
  let errors: String
}

/// Runs `spillway` to its end.
func spillway(
  _ arguments: String..., environment: [String: String] = [:]
) async throws -> CommandResult {
  try await spillway(arguments, environment: environment)
}

func spillway(
  _ arguments: [String], environment: [String: String] = [:]
) async throws -> CommandResult {
  let program = try await RunningProgram.start(arguments, environment: environment)
  let status = try await program.ended()
  return CommandResult(status: status, output: program.output, errors: program.log)
}

/// Starts `spillway`, and ends it after `body` whatever happens.
func withSpillway<Result>(
  _ arguments: [String], environment: [String: String] = [:],
  _ body: (RunningProgram) async throws -> Result
) async throws -> Result {
  let program = try await RunningProgram.start(arguments, environment: environment)
  do {
    let result = try await body(program)
    try await end(program)
    return result
  } catch {
    try? await end(program)
    throw error
  }
}

/// Ends a program that may have ended already: in order if it does so in time.
private func end(_ program: RunningProgram) async throws {
  if program.status != nil { return }
  program.send(SIGTERM)
  if (try? await program.ended()) != nil { return }
  program.send(SIGKILL)
  _ = try await program.ended()
}
