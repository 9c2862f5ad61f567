import Testing

@testable import spillway

@Suite struct OptionTests {
  private static let options = [
    Option("port", .value("PORT"), "", default: "8080"), Option("demo", .flag, ""),
    Option("ops-port", .value("PORT"), ""),
  ]

  private func parse(
    _ words: String..., environment: [String: String] = [:]
  ) throws(UsageError) -> ParsedOptions {
    try ParsedOptions(words, options: Self.options, environment: environment)
  }

  @Test func `the command line goes before the environment, and that before the default`() throws {
    let environment = ["SPILLWAY_PORT": "2"]
    #expect(try parse("--port", "1", environment: environment).text("port") == "1")
    #expect(try parse(environment: environment).text("port") == "2")
    #expect(try parse().text("port") == "8080")
    #expect(try parse().text("ops-port") == nil)
  }

  @Test func `an empty variable counts as not set`() throws {
    let options = try parse(environment: ["SPILLWAY_PORT": "", "SPILLWAY_DEMO": ""])
    #expect(options.text("port") == "8080")
    #expect(options.origin("port") == "--port")
    #expect(try !options.flag("demo"))
  }

  @Test func `a value follows as a word or after an equals sign, and the last one counts`() throws {
    #expect(try parse("--port=1", "--port", "2").text("port") == "2")
    #expect(try parse("--port=--odd").text("port") == "--odd")
    #expect(try parse("--port=a=b").text("port") == "a=b")
    #expect(try parse("--port", "-1").text("port") == "-1")
  }

  @Test func `a flag is given by its name, or in the environment by a word`() throws {
    #expect(try parse("--demo").flag("demo"))
    for text in ["1", "true", "YES"] {
      #expect(try parse(environment: ["SPILLWAY_DEMO": text]).flag("demo"))
    }
    for text in ["0", "false", "No"] {
      #expect(try !parse(environment: ["SPILLWAY_DEMO": text]).flag("demo"))
      #expect(try parse("--demo", environment: ["SPILLWAY_DEMO": text]).flag("demo"))
    }
  }

  @Test func `every option of every command can be read from the environment`() throws {
    for command in Program.commands {
      let names = command.options.map(\.environmentName)
      #expect(Set(names).count == names.count)
      let environment = Dictionary(uniqueKeysWithValues: names.map { ($0, "value of \($0)") })
      let options = try ParsedOptions([], options: command.options, environment: environment)
      for option in command.options {
        #expect(options.text(option.name) == "value of \(option.environmentName)")
        #expect(options.origin(option.name) == option.environmentName)
      }
    }
  }
}
