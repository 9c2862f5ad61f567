import EventLoop
import TestSupport
import Testing

/// A short run of what `make fuzz` does for long, and all inputs that were ever kept.
@Suite struct FuzzingTests {
  /// Inputs of a surface besides its corpus.
  private static let count = 3000

  @Test(arguments: Surfaces.all.map { $0.name })
  func `nothing that a stranger sends breaks`(surface name: String) async throws {
    let seed = SeededGenerator("fuzzing \(name)").seed
    let report = try await withEventLoop { loop in
      var random = SeededGenerator(seed: seed)
      let surface = Surfaces.all.first { $0.name == name }!
      return try await Fuzzer(surface: surface, loop: loop).run(count: Self.count, &random)
    }
    #expect(report.inputs > Self.count, "the corpus has an input")
    #expect(report.outcomes > 1, "inputs come to different ends")
  }

  @Test func `the same seed makes the same inputs`() {
    func inputs() -> [[UInt8]] {
      var random = SeededGenerator(seed: 7)
      let mutator = Mutator(words: ["word"], maximumCount: 64)
      return (0..<500).map { _ in mutator.input(from: [Array("a seed 1".utf8)], &random) }
    }
    #expect(inputs() == inputs())
    #expect(inputs().allSatisfy { $0.count <= 64 })
    #expect(Set(inputs()).count > 400)
  }
}
