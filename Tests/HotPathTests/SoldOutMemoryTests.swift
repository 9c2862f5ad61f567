import HotPath
import TestSupport
import Testing

@Suite struct SoldOutMemoryTests {
  /// The memory under test, in a box that expectations can ask.
  private final class Subject {
    var memory = SoldOutMemory(version: 1)

    func refuses(_ user: String, at now: UInt64, confirms: Bool = true) -> Bool {
      Array(user.utf8).withUnsafeBytes { memory.refuses($0, now: now, confirms: confirms) }
    }

    /// True when the holders have to be collected.
    func confirm(version: Int, at now: UInt64) -> Bool {
      guard let wanted = memory.confirm(version: version, now: now) else { return false }
      collection = wanted
      return true
    }

    private(set) var collection: SoldOutMemory.Collection?

    func install(holders: [String]) {
      var filter = HolderFilter(holders: holders.count)
      for holder in holders { Array(holder.utf8).withUnsafeBytes { filter.insert($0) } }
      if let collection { memory.install(filter, for: collection) }
    }
  }

  private func bytes<Result>(_ text: String, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    Array(text.utf8).withUnsafeBytes(body)
  }

  private func exhausted(holders: [String], version: Int = 7) -> Subject {
    let subject = Subject()
    #expect(subject.confirm(version: version, at: 1_000))
    subject.install(holders: holders)
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

  @Test func `who does not claim is not waited for to ask again`() {
    let subject = exhausted(holders: ["ann"])
    let end = 1_000 + SoldOutMemory.lifeMilliseconds
    #expect(subject.refuses("cat", at: end - 1, confirms: false))
    #expect(!subject.refuses("cat", at: end, confirms: false))
    // The next claim is the one that does, and others are refused until its answer.
    #expect(!subject.refuses("dan", at: end + 1))
    #expect(subject.refuses("eve", at: end + SoldOutMemory.probeMilliseconds))
  }

  @Test func `another version has its holders read anew`() {
    let subject = exhausted(holders: ["ann"])
    #expect(subject.confirm(version: 8, at: 1_100))
    #expect(!subject.refuses("cat", at: 1_101))
    subject.install(holders: ["ben"])
    #expect(subject.refuses("ann", at: 1_102))
    #expect(!subject.refuses("ben", at: 1_102))
  }

  @Test func `when no word comes back everybody is asked in Redis`() {
    let subject = exhausted(holders: ["ann"])
    let end = 1_000 + SoldOutMemory.lifeMilliseconds
    #expect(!subject.refuses("cat", at: end))
    for late in stride(from: SoldOutMemory.probeMilliseconds, to: 5_000, by: 100) {
      #expect(!subject.refuses("cat", at: end + late))
    }
  }

  @Test func `a coupon issued by somebody else's restock ends the memory`() {
    let subject = exhausted(holders: ["ann"])
    subject.memory.forget()
    #expect(!subject.refuses("cat", at: 1_001))
    #expect(subject.confirm(version: 7, at: 1_002))
  }

  @Test func `a reply that was overtaken by a signal is not believed`() {
    let subject = exhausted(holders: ["ann"])
    subject.memory.distrust()
    #expect(!subject.confirm(version: 7, at: 1_001))
    subject.memory.trust(from: 8)
    #expect(!subject.confirm(version: 7, at: 1_002))
    #expect(subject.confirm(version: 8, at: 1_003))
  }

  @Test func `terms read with a higher version end the memory, the same version does not`() {
    let subject = exhausted(holders: ["ann"], version: 1)
    subject.memory.trust(from: 1)
    #expect(subject.refuses("cat", at: 1_001))
    subject.memory.trust(from: 2)
    #expect(!subject.refuses("cat", at: 1_001))
  }

  @Test func `holders collected before something was forgotten are not taken`() {
    let subject = Subject()
    #expect(subject.confirm(version: 1, at: 0))
    let early = subject.collection
    subject.memory.forget()
    #expect(subject.confirm(version: 1, at: 1))
    if let early { subject.memory.install(HolderFilter(holders: 0), for: early) }
    #expect(!subject.refuses("cat", at: 2))
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
