import Redis
import Testing

@Suite struct HashSlotTests {
  /// From the cluster specification, and what `CLUSTER KEYSLOT` answers.
  @Test(arguments: [
    ("123456789", 0x31C3), ("foo", 12_182), ("bar", 5_061), ("", 0),
    ("{user1000}.following", 3_443),
    ("{user1000}.followers", 3_443), ("foo{}{bar}", 8_363), ("foo{{bar}}zap", 4_015),
    ("foo{bar}{zap}", 5_061), ("user1000", 3_443), ("somekey", 11_058), ("foo{bar", 15_278),
  ])
  func `a key has the slot that the specification says`(key: String, slot: Int) {
    #expect(HashSlot.of(key) == slot % HashSlot.count)
  }
}
