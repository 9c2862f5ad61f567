import Domain
import HotPath
import Redis
import TestSupport
import Testing

@Suite struct ClaimScriptRandomTests {
  /// Claims of one run; each batch holds up to 80.
  static let operations = 100_000

  @Test func `random claims are decided as the rules in Swift decide them`() async throws {
    try await ScriptBench.run { bench in
      var random = SeededGenerator()
      let seed = random.seed
      var done = 0
      var seen: Set<String> = []
      while done < Self.operations {
        var play = ClaimPlay(bench: bench, random: random)
        let breach = try await play.run()
        random = play.random
        seen.formUnion(play.seen)
        if let breach {
          Issue.record("seed \(seed), between claims \(done) and \(done + play.claims): \(breach)")
          return
        }
        done += play.claims
      }
      #expect(
        seen == [
          "granted", "held", "replayed", "takenBack", "keyReused", "soldOut", "notEligible",
          "notOpen", "closed", "rateLimited",
        ], "seed \(seed)")
    }
  }
}
