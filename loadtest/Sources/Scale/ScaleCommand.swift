internal import EventLoop
internal import Foundation
internal import Glibc

/// `spillway-loadtest scale`: what an operation costs, and what is kept for it, as everything grows.
struct ScaleCommand: Sendable {
  let options: ScaleOptions

  /// Signals that end it early, and in order.
  private static let interruptions = [SIGINT, SIGTERM]

  /// Measures and prints.
  ///
  /// - Throws: `ScenarioError`, and what the servers' clients throw.
  func run() async throws {
    let program = try options.program ?? BuiltProgram.spillway()
    try FileLimit.raise(toServe: options.sizes.mostConnections)
    let provenance = Provenance.here(servers: Provenance.installedServers())
    let folder =
      "\(NSTemporaryDirectory())/spillway-scale-\(ProcessInfo.processInfo.processIdentifier)"
    try ContenderFolder.make(folder)
    defer { Self.discard(folder) }
    let loop = EventLoop.start(name: "scale")
    defer { loop.stop() }
    let options = options
    let tables = try await loop.submit {
      var tables: [ScaleTable] = []
      for dimension in options.dimensions {
        Self.announce("\(dimension.rawValue): starting an installation")
        let site = try ScaleSite(
          folder: "\(folder)/\(dimension.rawValue)", program: program,
          cells: dimension == .cells ? options.sizes.cells.max() ?? 1 : 1, loop: loop)
        tables.append(try await Self.measure(dimension, options, site, discarding: folder))
      }
      return tables
    }
    let report = ScaleReport(
      command: ["scale"] + options.command, provenance: provenance, conditions: conditions(),
      tables: tables)
    let text = report.render()
    print(text)
    if let output = options.output { try OutputFile.write(text.utf8, to: output) }
    if let json = options.json { try OutputFile.write(JSONText.encode(report), to: json) }
  }

  /// Measures one dimension, and stops what was started for it whatever happens.
  private static func measure(
    _ dimension: ScaleDimension, _ options: ScaleOptions, _ site: ScaleSite,
    discarding folder: String
  ) async throws -> ScaleTable {
    let watchers = try interruptions.map { signal in
      try SignalWatcher(signal: signal, loop: site.loop) { signal in
        site.loop.spawn {
          await site.stop()
          discard(folder)
          exit(128 + signal)
        }
      }
    }
    defer { for watcher in watchers { watcher.cancel() } }
    do {
      try await site.start()
      let study = ScaleStudy(
        site: site, sizes: options.sizes, rounds: options.rounds, announce: announce)
      let table = try await study.run(dimension)
      await site.stop()
      discard(site.folder)
      return table
    } catch {
      await site.stop()
      throw error
    }
  }

  private static func announce(_ line: String) {
    FileHandle.standardError.write(Data("\(line)\n".utf8))
  }

  private static func discard(_ folder: String) {
    try? FileManager.default.removeItem(atPath: folder)
  }

  private func conditions() -> [String] {
    [
      "load: closed loop from one thread, \(TextFormat.grouped(options.sizes.requests)) requests a run unless said otherwise",
      "spillway: API processes with one loop each, one reconciler; tokens HS256; every process on this machine",
      "every Redis: appendonly, appendfsync always, on a Unix socket but for several cells; PostgreSQL with 256 MiB of "
        + "shared buffers and commits on disk",
    ]
  }
}
