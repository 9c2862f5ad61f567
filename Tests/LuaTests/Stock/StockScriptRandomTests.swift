import Domain
import Redis
import TestSupport
import Testing

/// Random orders, releases, commits, takes, puts and replays, against ``ReserveRules``.
@Suite struct StockScriptRandomTests {
  /// Operations of one run, over several cells.
  static let operations = 100_000

  @Test func `random orders and commands are decided as the rules in Swift decide them`()
    async throws
  {
    var random = SeededGenerator()
    let seed = random.seed
    var done = 0
    var seen: Set<String> = []
    while done < Self.operations {
      let from = random
      let before = done
      let (operations, next, breach, kinds) = try await StockBench.run { bench in
        let play = StockPlay(bench: bench, random: from)
        try await play.open()
        for _ in 0..<Int.random(in: 60...200, using: &play.random) where play.breach == nil {
          try await play.step()
        }
        if play.breach == nil { try await play.compareAll() }
        return (play.operations, play.random, play.breach, play.kinds)
      }
      done += operations
      random = next
      seen.formUnion(kinds)
      if let breach {
        Issue.record("seed \(seed), between operations \(before) and \(done): \(breach)")
        return
      }
    }
    #expect(
      seen == [
        "granted", "replayed", "keyReused", "rateLimited", "unknownSale", "closed", "notReady",
        "unknownSKUs", "mixedCurrencies", "limitReached", "short",
      ], "seed \(seed)")
  }
}
