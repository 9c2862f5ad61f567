import Testing

@testable import API

@Suite struct TraceContextTests {
  private func read(_ text: String) -> TraceContext? {
    Array(text.utf8).withUnsafeBytes { TraceContext($0) }
  }

  @Test func `a traceparent is read`() {
    let context = read("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    #expect(context?.traceID == "0af7651916cd43dd8448eb211c80319c")
    #expect(context?.parentID == "b7ad6b7169203331")
    #expect(context?.isSampled == true)
    #expect(read("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00")?.isSampled == false)
    #expect(read("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more") != nil)
  }

  @Test(arguments: [
    "", "00", "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "00-00000000000000000000000000000000-b7ad6b7169203331-01",
    "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
    "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
    "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01more",
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0x",
    "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  ]) func `what is none is ignored`(text: String) {
    #expect(read(text) == nil)
  }
}
