# Renders templates as the bosh CLI does, all of a run in one process. Each is rendered in a fork
# of its own, so that nothing that one defines is seen by another.
require 'erb'
require 'json'
require 'ostruct'
require 'timeout'
require 'yaml'

# Values that answer to their names; what is missing is nil.
class Values
  def initialize(hash) = @hash = hash

  def self.of(value)
    case value
    when Hash then new(value.transform_values { |it| of(it) })
    when Array then value.map { |it| of(it) }
    else value
    end
  end

  def [](name) = @hash[name.to_s]
  def to_h = @hash
  def each(&) = @hash.each(&)
  def respond_to_missing?(*) = true
  def method_missing(name, *arguments) = arguments.empty? ? @hash[name.to_s] : super
end

class UnknownProperty < StandardError
  def initialize(names) = super("Can't find property '#{names.join("', or '")}'")
end

class Taken
  def else = nil
  def else_if_p(*) = self
end

class NotTaken
  def initialize(context) = @context = context
  def else = yield
  def else_if_p(*names, &) = @context.if_p(*names, &)
end

class Context
  NONE = Object.new

  attr_reader :spec, :properties, :raw_properties

  def initialize(values)
    @raw_properties = values['properties']
    @properties = Values.of(@raw_properties)
    @spec = Values.of(values['spec'])
  end

  def name = @spec.job.name
  def index = @spec.index

  def p(names, default = NONE)
    names = Array(names)
    names.each do |name|
      value = find(name)
      return value unless value.nil?
    end
    raise UnknownProperty, names if default.equal?(NONE)

    default
  end

  def if_p(*names)
    values = names.map { |name| find(name) }
    return NotTaken.new(self) if values.any?(&:nil?)

    yield(*values)
    Taken.new
  end

  def if_link(_name) = NotTaken.new(self)

  def link(name) = raise("Can't find link '#{name}': links are not supported")

  # What a template defines becomes this object's own.
  def own_binding = instance_eval { binding }

  private

  def find(name)
    name.to_s.split('.').inject(@raw_properties) { |at, key| at.is_a?(Hash) ? at[key] : nil }
  end
end

def rendered(template)
  Timeout.timeout(60) do
    erb = ERB.new(template['text'], trim_mode: '-')
    erb.filename = '(template)'
    text = erb.result(Context.new(template['context']).own_binding)
    { 'text' => [text].pack('m0') }
  end
rescue Exception => e # rubocop:disable Lint/RescueException
  place = ([e.message] + Array(e.backtrace)).find { |line| line.start_with?('(template):') }
  message = e.message.lines.first.to_s.strip.sub(/\A\(template\):\d+: /, '')
  { 'error' => { 'message' => message.scrub, 'line' => place && place[/\A\(template\):(\d+)/, 1].to_i } }
end

def rendered_apart(template)
  reader, writer = IO.pipe(binmode: true)
  child = fork do
    reader.close
    writer.write(JSON.generate(rendered(template)))
    writer.close
    exit!(0)
  end
  writer.close
  answer = reader.read
  Process.wait(child)
  answer.empty? ? { 'error' => { 'message' => 'the template ended ruby' } } : JSON.parse(answer)
end

answers = $stdout.dup
# What a template prints is no answer.
$stdout.reopen($stderr)
templates = JSON.parse($stdin.read)
$stdin.reopen(File::NULL)
answers.write(JSON.generate(templates.map { |template| rendered_apart(template) }))
