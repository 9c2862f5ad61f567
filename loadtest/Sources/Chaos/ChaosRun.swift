internal import EventLoop
internal import Foundation
internal import Glibc

/// `spillway-loadtest chaos`: rounds of claims and orders during which parts of the installation are
/// killed, each followed by proof that nothing was broken.
struct ChaosRun: Sendable {
  let options: ChaosOptions

  /// Returns false on a breach.
  ///
  /// - Throws: when the installation cannot be run.
  func run() async throws -> Bool {
    let program = try BuiltProgram.spillway()
    let folder = try makeFolder()
    defer { discard(folder) }
    print("seed \(options.seed)")
    let report = ChaosReport(
      provenance: .here(servers: Provenance.installedServers()), options: options)
    for line in report.preface { print(line) }
    let loop = EventLoop.start(name: "chaos")
    defer { loop.stop() }
    return try await loop.submit {
      let installation = Installation(
        folder: folder, program: program, fsync: options.fsync, loop: loop)
      let watchers = try Self.interruptions.map { signal in
        try SignalWatcher(signal: signal, loop: loop) { signal in
          loop.spawn {
            await installation.stop()
            discard(folder)
            exit(128 + signal)
          }
        }
      }
      defer { for watcher in watchers { watcher.cancel() } }
      do {
        try await installation.start(options)
        let held = try await runRounds(on: installation, report)
        await installation.stop()
        return held
      } catch {
        await installation.stop()
        throw error
      }
    }
  }

  /// Signals that end the run early, and in order.
  private static let interruptions = [SIGINT, SIGTERM]

  /// Removes a temporary folder.
  private func discard(_ folder: String) {
    if options.directory == nil { try? FileManager.default.removeItem(atPath: folder) }
  }

  private func runRounds(
    on installation: Installation, _ begun: ChaosReport
  ) async throws -> Bool {
    var whole = begun
    print(RoundReport.header)
    for number in 1...options.rounds {
      let plan = RoundPlan(number: number, seed: options.seed, options: options)
      let report = try await ChaosRound(plan: plan, options: options, installation: installation)
        .run()
      print(report.row)
      for reason in report.skipped { print("  skipped: \(reason)") }
      try whole.add(report)
      for example in report.breaches.examples { print("  - \(example)") }
      fflush(nil)
      if report.breaches.count > 0 {
        print("  \(report.breaches.count) breaches in round \(number) of seed \(options.seed)")
      }
    }
    let held = whole.breaches == 0
    print("\(TextFormat.grouped(whole.requests)) requests: \(whole.operations.text)")
    print(held ? "all held" : "BREACHES; run again with --seed \(options.seed)")
    return held
  }

  private func makeFolder() throws(ScenarioError) -> String {
    if let directory = options.directory {
      do {
        try FileManager.default.createDirectory(
          atPath: directory, withIntermediateDirectories: true)
      } catch {
        throw ScenarioError("cannot make \(directory): \(error)")
      }
      return directory
    }
    var template = Array("/tmp/spillway-chaos-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw ScenarioError("cannot make a folder in /tmp") }
    return template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
  }
}
