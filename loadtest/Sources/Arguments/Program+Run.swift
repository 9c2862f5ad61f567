internal import Embedded

extension Program {
  /// `spillway-loadtest run SCENARIO`.
  func runScenario(_ words: [String]) async throws -> Status {
    if words.contains("--help") {
      print(Self.help)
      return .allHeld
    }
    guard let name = words.first, !name.hasPrefix("-") else {
      throw UsageError("run needs the name of a scenario")
    }
    guard let type = Self.scenarios.first(where: { $0.name == name }) else {
      throw UsageError("unknown scenario \(name)")
    }
    let options = LoadOptions.options + InstallationProbe.options + type.options
    let arguments = try CommandArguments(Array(words.dropFirst()), options: options)
    if let word = arguments.positional.first { throw UsageError("unexpected \(word)") }
    guard OwnInstance.isWanted(by: arguments) else {
      return try await run(type, arguments, command: words)
    }
    // What is wrong with the other options is told before anything starts.
    let trial = try CommandArguments(arguments.words + OwnInstance.placeholder, options: options)
    _ = try type.init(arguments: trial, load: try LoadOptions(trial))
    let instance = try await OwnInstance.start()
    do {
      let own = try CommandArguments(arguments.words + instance.words, options: options)
      let status = try await run(type, own, command: words)
      await instance.stop()
      return status
    } catch {
      await instance.stop()
      throw error
    }
  }

  /// - Parameter command: the words behind `run`, as they were given.
  private func run(
    _ type: any LoadScenario.Type, _ arguments: CommandArguments, command: [String]
  ) async throws -> Status {
    let load = try LoadOptions(arguments)
    try FileLimit.raise(toServe: load.connections)
    let scenario = try type.init(arguments: arguments, load: load)
    let outcomes = scenario.outcomes
    let display = ProgressDisplay(outcomes: outcomes, total: scenario.requestCount)
    let probe = try await InstallationProbe(.init(arguments, target: load.target))
    let provenance = await Self.provenance(arguments)
    let result: LoadRun.Result
    do {
      result = try await scenario.run(display)
    } catch {
      _ = await probe.stop()
      throw error
    }
    var report = RunReport(
      scenario: type.name, outcomes: outcomes, result: result, provenance: provenance)
    report.command = ["run"] + command
    report.readings = await probe.stop()
    let trends = scenario.trends.judge(report)
    report.missed =
      load.objectives.missed(by: result, outcomes: outcomes) + result.conclusion.missed
      + trends.missed
    report.unmeasured = trends.unmeasured
    report.unbounded = trends.unbounded
    print(
      ResultTable.render(scenario: type.name, outcomes: outcomes, result: result), terminator: "")
    for line in provenance.lines(machine: MarkdownReport.machine) { print(line) }
    for objective in report.missed { print("MISSED: \(objective)") }
    for bound in report.unmeasured { print("NOT MEASURED: \(bound)") }
    for figure in report.unbounded { print("NOT BOUNDED: \(figure)") }
    try load.reports.write(report)
    return report.holds ? .allHeld : .failed
  }

  /// Of what this program is, and the servers behind the one under test as far as they can be asked.
  private static func provenance(_ arguments: CommandArguments) async -> Provenance {
    let folder = arguments["data"]
    let ledger = arguments["database"] ?? folder.map { EmbeddedServers.postgres(in: $0).url }
    return .here(
      servers: await Provenance.askedServers(
        redis: folder.map { EmbeddedServers.redis(in: $0).url }, postgres: ledger))
  }
}
