import HotPath
import Redis
import TestSupport
import Testing

@Suite struct TrimScriptTests {
  /// Fills the stream with entries at 1-0, 2-0, … and trims it.
  private func trim(
    _ entries: Int, below: Int, oldest: Int, excess: Int
  ) async throws -> (state: [String], trimmed: String?) {
    try await ScriptBench.run { bench in
      for entry in stride(from: 1, through: entries, by: 1) {
        _ = try await bench.client.send(
          RedisCommand("XADD", bench.keys.stream, "\(entry)-0", "kind", "payload"))
      }
      let state = try await bench.client.evaluate(
        ScriptCatalog.trimStream.script, keys: [bench.keys.stream, bench.keys.trimmed],
        arguments: ["\(below)-0", "\(oldest)-0", excess])
      let trimmed = try await bench.client.send(RedisCommand("GET", bench.keys.trimmed)).text
      let fields = state.array ?? []
      return (fields.prefix(5).map { $0.text ?? "\($0.integer ?? -1)" }, trimmed)
    }
  }

  @Test func `entries go by their age`() async throws {
    let (state, trimmed) = try await trim(10, below: 4, oldest: 0, excess: 0)
    #expect(state == ["0", "3", "7", "4-0", "10-0"])
    #expect(trimmed == "4-0")
  }

  @Test func `the oldest go by their number`() async throws {
    let (state, trimmed) = try await trim(10, below: 3, oldest: 1, excess: 6)
    #expect(state == ["1", "6", "4", "7-0", "10-0"])
    #expect(trimmed == "7-0")
  }

  @Test func `none go by their number when somebody else has trimmed since`() async throws {
    let (state, trimmed) = try await trim(10, below: 3, oldest: 2, excess: 6)
    #expect(state == ["0", "2", "8", "3-0", "10-0"])
    #expect(trimmed == "3-0")
  }

  @Test func `one is always left to tell how far`() async throws {
    let (state, trimmed) = try await trim(10, below: 0, oldest: 1, excess: 50)
    #expect(state == ["1", "9", "1", "10-0", "10-0"])
    #expect(trimmed == "10-0")
  }

  @Test func `a stream that is not there stays so`() async throws {
    let (state, trimmed) = try await trim(0, below: 3, oldest: 1, excess: 5)
    #expect(state == ["0", "0", "0", "", "0-0"])
    #expect(trimmed == nil)
  }
}
