import HotPath
import TestSupport
import Testing

@Suite struct SoldOutMemoryTests {
  /// The memory under test, in a box that expectations can ask.
  private final class Subject {
    var memory = SoldOutMemory()

    func refuses(_ user: String, at now: UInt64) -> Bool {
      Array(user.utf8).withUnsafeBytes { memory.refuses($0, now: now) }
    }

    func confirm(version: Int, at now: UInt64) -> Bool {
      memory.confirm(version: version, now: now)
    }
  }

  private func bytes<Result>(_ text: String, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    Array(text.utf8).withUnsafeBytes(body)
  }

  private func exhausted(holders: [String], version: Int = 7) -> Subject {
    let subject = Subject()
    #expect(subject.confirm(version: version, at: 1_000))
    var filter = HolderFilter(holders: holders.count)
    for holder in holders { bytes(holder) { filter.insert($0) } }
    subject.memory.install(filter, version: version)
    return subject
  }

  @Test func `nobody is refused before the holders are known`() {
    let subject = Subject()
    #expect(!subject.refuses("ann", at: 0))
    #expect(subject.confirm(version: 1, at: 0))
    #expect(!subject.refuses("ann", at: 1))
  }

  @Test func `a holder is always asked in Redis, others are refused`() {
    let subject = exhausted(holders: ["ann", "ben"])
    #expect(!subject.refuses("ann", at: 1_001))
    #expect(subject.refuses("cat", at: 1_001))
  }

  @Test func `when its life is over one claim asks again, and the others only for a while`() {
    let subject = exhausted(holders: ["ann"])
    let end = 1_000 + SoldOutMemory.lifeMilliseconds
    #expect(subject.refuses("cat", at: end - 1))
    #expect(!subject.refuses("cat", at: end))
    #expect(subject.refuses("dan", at: end + 1))
    #expect(!subject.refuses("dan", at: end + SoldOutMemory.probeMilliseconds))
    #expect(!subject.confirm(version: 7, at: end + 300))
    #expect(subject.refuses("dan", at: end + 301))
  }

  @Test func `another version has its holders read anew`() {
    let subject = exhausted(holders: ["ann"])
    #expect(subject.confirm(version: 8, at: 1_100))
    #expect(!subject.refuses("cat", at: 1_101))
    subject.memory.install(HolderFilter(holders: 0), version: 7)
    #expect(!subject.refuses("cat", at: 1_101))
  }

  @Test func `the filter denies no holder and takes few others for one`() {
    var random = SeededGenerator()
    let count = 20_000
    var filter = HolderFilter(holders: count)
    let salt = random.next()
    for number in 0..<count { bytes("h\(salt)-\(number)") { filter.insert($0) } }
    for number in 0..<count {
      #expect(bytes("h\(salt)-\(number)") { filter.mayContain($0) }, "seed \(random.seed)")
    }
    let wrong = (0..<200_000).count { number in
      bytes("x\(salt)-\(number)") { filter.mayContain($0) }
    }
    #expect(wrong < 40, "seed \(random.seed)")
  }
}
