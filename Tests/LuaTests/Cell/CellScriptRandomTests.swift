import TestSupport
import Testing

@Suite struct CellScriptRandomTests {
  /// Closings, loads, openings, facts and trims of one run; each step holds up to 60.
  static let operations = 100_000

  @Test func `a cell is closed, rebuilt, opened and trimmed as the rules have it`() async throws {
    try await ScriptBench.run { bench in
      var play = CellPlay(bench: bench, random: SeededGenerator())
      try await play.begin()
      while play.count < Self.operations {
        if let breach = try await play.play() {
          Issue.record("seed \(play.random.seed), after \(play.count): \(breach)")
          return
        }
      }
      let kinds = ["clear", "hash", "answers", "popular", "record", "open", "keep"]
      #expect(
        play.seen == Set(kinds.flatMap { ["\($0) true", "\($0) false"] }),
        "seed \(play.random.seed)")
    }
  }
}
