import HotPath
import Redis
import TestSupport
import Testing

@Suite struct ScriptHeaderTests {
  @Test(arguments: ScriptCatalog.all.map(\.script.name))
  func `the header of a script states the interface that the caller uses`(name: String) throws {
    let cataloged = try #require(ScriptCatalog.all.first { $0.script.name == name })
    let header = Header(String(decoding: cataloged.script.source, as: UTF8.self))
    #expect(header.value("KEYS") == cataloged.keys)
    #expect(header.value("ARGV") == cataloged.arguments)
    #expect(header.value("RESULT") == cataloged.result)
  }

  @Test(arguments: ScriptCatalog.all.map(\.script.name))
  func `every key and argument of a script is described below its header`(name: String) throws {
    let cataloged = try #require(ScriptCatalog.all.first { $0.script.name == name })
    let header = Header(String(decoding: cataloged.script.source, as: UTF8.self))
    for word in Header.words(cataloged.keys) {
      #expect(header.describes(word, in: "KEYS"), "KEYS does not describe \(word)")
    }
  }

  @Test func `Redis names each script by the digest that the client computed`() async throws {
    let url = try await SharedServers.redis().url
    try await withEventLoop { loop in
      let client = try RedisClient(configuration: .patient(url: url), loop: loop)
      client.start()
      try await client.whenReady(deadline: .seconds(60))
      for cataloged in ScriptCatalog.all {
        let digest = try await client.send(
          RedisCommand("SCRIPT", "LOAD", cataloged.script.source))
        #expect(digest == .string(Array(cataloged.script.sha1.utf8)))
      }
      client.close()
    }
  }

  /// The comment lines at the top of a script.
  private struct Header {
    let lines: [Substring]

    init(_ source: String) {
      lines = source.split(separator: "\n", omittingEmptySubsequences: false)
        .prefix { $0.hasPrefix("--") }.map { $0.dropFirst(3) }
    }

    func value(_ name: String) -> String? {
      lines.first { $0.hasPrefix("\(name): ") }.map { String($0.dropFirst(name.count + 2)) }
    }

    func describes(_ word: Substring, in section: String) -> Bool {
      let body = lines.drop { $0 != section }.dropFirst().prefix { $0.hasPrefix(" ") }
      return body.contains { $0.split(separator: " ").first == word }
    }

    static func words(_ text: String) -> [Substring] {
      text.split { !($0.isLetter || $0.isNumber || $0 == "_") }
    }
  }
}
