import EventLoop
import TestSupport
import Testing

@testable import spillway_loadtest

@Suite struct WaitingRoomScenarioTests {
  /// 150 visitors of a room in memory: 40 places, 60 a second.
  private func visit(_ fault: TinyRoom.Fault, limit: Int = 60) async throws -> LoadRun.Result {
    let folder = TestFolder.make("room")
    defer { TestFolder.remove(folder) }
    try "token".write(toFile: "\(folder)/token", atomically: true, encoding: .utf8)
    return try await withTinyServer { loop in
      let room = TinyRoom(
        loop: loop, capacity: 40, rate: 60, session: 1500, grace: 1000, fault: fault)
      return (room, room.react)
    } conclude: { _, result in
      result
    } _: { url in
      let words = [
        "--url", url, "--users", "150", "--seconds", "0.5",
        "--connections", "16", "--capacity", "40", "--admissions", "60", "--session", "1",
        "--grace", "1", "--inside", "400", "--patience", "1000", "--reload", "10", "--lapse", "20",
        "--leave", "20", "--stay", "20", "--limit", "\(limit)", "--admin-token",
        "\(folder)/token",
      ]
      let arguments = try CommandArguments(
        words, options: LoadOptions.options + WaitingRoomScenario.options)
      let scenario = try WaitingRoomScenario(
        arguments: arguments, load: try LoadOptions(arguments))
      let display = ProgressDisplay(
        outcomes: scenario.outcomes, total: scenario.requestCount, isTerminal: false,
        write: { _ in })
      return try await scenario.run(display)
    }
  }

  private func count(_ outcome: RoomOutcome, _ result: LoadRun.Result) -> Int {
    Int(result.tally.outcomes[outcome.rawValue].count)
  }

  @Test(arguments: [TinyRoom.Fault.none, .isBusyAtFirst])
  func `a right room holds`(fault: TinyRoom.Fault) async throws {
    let result = try await visit(fault)
    #expect(result.conclusion.breaches == Breaches())
    #expect(count(.joined, result) >= 150)
    #expect(count(.admitted, result) > 50)
    let facts = result.conclusion.facts.filter { $0.name == "admissions, as the server counts" }
    #expect(facts.first?.value.contains("readings") == true)
    #expect(count(.left, result) > 20)
    #expect(count(.kept, result) > 0)
    #expect(count(.lapsed, result) > 0)
    #expect((count(.unavailable, result) > 0) == (fault == .isBusyAtFirst))
  }

  @Test(arguments: [
    TinyRoom.Fault.admitsTooMany, .movesVisitorsBack, .forgetsReloads, .givesNumbersTwice,
    .lapsesAtOnce, .letsAdmissionsLive, .answersNonsense, .neverAdmits,
    .countsTooMany,
  ])
  func `a room that does wrong is found out`(fault: TinyRoom.Fault) async throws {
    #expect(try await visit(fault, limit: 8).conclusion.breaches.count > 0)
  }

  @Test func `options are checked`() throws {
    func options(_ words: String...) throws -> RoomOptions {
      let arguments = try CommandArguments(
        ["--url", "http://h", "--data", "d"] + words,
        options: LoadOptions.options + WaitingRoomScenario.options)
      return try RoomOptions(arguments, load: try LoadOptions(arguments))
    }
    #expect(try options().capacity == 500)
    #expect(try options("--capacity", "7", "--seed", "3").capacity == 7)
    #expect(throws: UsageError.self) { try options("--leave", "60", "--lapse", "50") }
    #expect(throws: UsageError.self) { try options("--capacity", "0") }
  }
}
