import Testing

@testable import Embedded

@Suite struct MachineMemoryTests {
  @Test func `a container's limit is read in bytes, and there may be none`() {
    #expect(MachineMemory.limit(of: "536870912\n") == 512)
    #expect(MachineMemory.limit(of: "max\n") == nil)
    #expect(MachineMemory.limit(of: "") == nil)
  }

  @Test(arguments: [(512, 128), (2_048, 128), (8_192, 512), (16_384, 1_024), (200_000, 1_024)])
  func `cached pages get a sixteenth, within bounds`(memory: Int, expected: Int) {
    #expect(MachineMemory.sharedBuffers(of: memory) == expected)
  }

  @Test func `this machine has some`() { #expect(MachineMemory.mebibytes > 64) }
}
