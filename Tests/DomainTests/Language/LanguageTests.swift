import Domain
import Testing

@Suite struct LanguageTests {
  @Test(arguments: [
    ("ko", Language.korean), ("ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7", .korean),
    ("en-US,en;q=0.9,ko;q=0.8", .english), ("fr, KO ; q=0.5", .korean), ("fr", .english),
    ("", .english), ("en;q=0.1,ko;q=0.2", .korean), ("ko;q=0", .english), ("*", .english),
    ("ko;q=0.001", .korean), ("ko;q=", .english), ("ko;q=abc", .english), ("ko;q=1.", .korean),
    (",,;;,=", .english), ("korean", .english), ("en;q=0.5, ko;q=1.000", .korean),
  ])
  func `the header's best language that we speak is taken`(header: String, expected: Language) {
    #expect(Language(acceptLanguage: header) == expected)
  }

  @Test func `no header means English`() {
    #expect(Language(acceptLanguage: nil as UnsafeRawBufferPointer?) == .english)
  }
}
