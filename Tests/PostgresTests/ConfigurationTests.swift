import Postgres
import Testing

@Suite struct ConfigurationTests {
  @Test func `a URL of a Unix socket and one of a host are understood`() throws {
    let socket = try PostgresConfiguration(url: "postgresql://u@/shop?host=/run/postgresql")
    #expect(socket.address == "/run/postgresql/shop")
    let host = try PostgresConfiguration(url: "postgres://u:secret@db.example:6432/shop")
    #expect(host.address == "db.example:6432/shop")
    #expect(host.database("other").address == "db.example:6432/other")
  }

  @Test(arguments: [
    "postgres://u:secret@[::1/db", "postgres://u:secret%zz@host/db", "http://u:secret@host/",
    "postgres://u:secret@host:port:1/db", "host=x password='secret",
  ])
  func `a bad URL is refused without telling the password`(url: String) {
    let error = #expect(throws: PostgresError.self) { try PostgresConfiguration(url: url) }
    guard case .configuration(let text)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(text.hasPrefix("bad Postgres URL: "))
    #expect(!text.contains("secret"))
  }

  @Test func `a configuration prints without its password`() throws {
    let configuration = try PostgresConfiguration(url: "postgres://u:secret@host/db")
    var text = "\(configuration) \(String(reflecting: configuration))"
    dump(configuration, to: &text)
    #expect(text.contains("host/db"))
    #expect(!text.contains("secret"))
  }

  @Test func `an unknown parameter is named`() {
    let error = #expect(throws: PostgresError.self) {
      try PostgresConfiguration(url: "postgres://host/db?colour=blue")
    }
    #expect(error?.description.contains("colour") == true)
  }
}
