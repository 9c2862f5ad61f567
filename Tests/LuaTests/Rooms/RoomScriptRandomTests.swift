import Domain
import HotPath
import TestSupport
import Testing

@Suite struct RoomScriptRandomTests {
  /// Joins, sightings, leaves and admissions of one run.
  static let operations = 100_000

  @Test func `random visitors are treated as the rules in Swift treat them`() async throws {
    var random = SeededGenerator()
    var done = 0
    var draws = 0
    while done < Self.operations {
      let seed = random.next()
      let (count, isDrawn, breach) = try await RoomBench.run { bench in
        var play = RoomPlay(bench: bench, random: SeededGenerator(seed: seed))
        let breach = try await play.run()
        return (play.count, play.rules.isDrawn, breach)
      }
      if let breach {
        Issue.record(
          "seed \(random.seed), between operations \(done) and \(done + count): \(breach)")
        return
      }
      done += count
      draws += isDrawn ? 1 : 0
    }
    #expect(draws > 0, "seed \(random.seed)")
  }
}
