# Renders one template as BOSH does: `p` fails for what has no value, `if_p` skips it.
require 'erb'
require 'json'

class Job
  NONE = Object.new

  class Otherwise
    def initialize(taken) = @taken = taken

    def else
      yield unless @taken
    end
  end

  def initialize(properties) = @properties = properties

  def p(name, default = NONE)
    value = find(name)
    return value unless value.nil?
    raise "the property #{name} has no value" if default.equal?(NONE)

    default
  end

  def if_p(*names)
    values = names.map { |name| find(name) }
    missing = values.any?(&:nil?)
    yield(*values) unless missing
    Otherwise.new(!missing)
  end

  def render(template) = ERB.new(template, trim_mode: '-').result(binding)

  private

  def find(name)
    name.split('.').inject(@properties) { |at, key| at.is_a?(Hash) ? at[key] : nil }
  end
end

input = JSON.parse($stdin.read)
$stdout.write(Job.new(input['properties']).render(input['template']))
